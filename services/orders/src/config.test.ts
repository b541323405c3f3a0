// Does the environment say how long orders wait, and what becomes of those that are held?
import { expect, test } from 'vitest'
import { ordersConfig } from './config.ts'

test('cancels held orders after a day unless the environment says otherwise', () => {
  expect(ordersConfig({}).holds).toEqual({ seconds: 86_400, atDue: 'CANCEL' })
  const env = { ORDER_HOLD_SECONDS: '3600', ORDER_HOLD_AT_DUE: 'release' }
  expect(ordersConfig(env).holds).toEqual({ seconds: 3_600, atDue: 'RELEASE' })
})

test.each([
  ['ORDER_HOLD_SECONDS', '1814401'],
  ['ORDER_HOLD_SECONDS', '0'],
  ['ORDER_HOLD_AT_DUE', 'keep'],
])('refuses %s=%s with its name', (name, value) => {
  expect(() => ordersConfig({ [name]: value })).toThrow(new RegExp(`^${name}: found`))
})
