import { expect, it } from 'vitest'
import { selects } from './selector.ts'

it.each([
  ['', true],
  ['app', true],
  ['!app', false],
  ['!other', true],
  ['app=shop', true],
  ['app==shop', true],
  ['app!=shop', false],
  ['other!=x', true],
  ['app=shop,stage in (orders, payment)', true],
  ['app=shop,stage in (payment)', false],
  ['stage notin (payment),app', true],
  ['other in (x)', false],
])('the selector %j matches an object of the stage orders of the shop: %s', (selector, expected) => {
  expect(selects(selector, { app: 'shop', stage: 'orders' })).toBe(expected)
})
