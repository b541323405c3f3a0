// Which class has an order, by its customer's token and by what it costs?
import { expect, test } from 'vitest'
import { gatewayConfig } from '../config.ts'
import { priorityOf } from './class-of-order.ts'

const base = { DATABASE_URL: 'postgresql://localhost/x', KAFKA_BOOTSTRAP_SERVERS: 'localhost:9092' }
const open = { ...base, AUTH: 'none' }
const signed = {
  ...base,
  ...{ AUTH_ALGORITHMS: 'HS256', AUTH_SECRET: 'a-secret-that-is-long-enough-to-be-one', AUTH_ISSUER: 'us' },
  AUTH_AUDIENCE: 'orders',
}

test('orders have no classes unless a claim or an amount is configured', () => {
  const { priorities } = gatewayConfig(open)
  expect(priorities).toBeUndefined()
  expect(priorityOf(priorities, 'high', 'EUR')).toBeUndefined()
})

test('the class is what the token says, or else what the amount says, or else standard', () => {
  const { priorities } = gatewayConfig({
    ...signed,
    ...{ PRIORITY_CLAIM: 'tier', PRIORITY_HIGH_FROM: 'EUR=50000, USD=60000' },
  })
  const classOf = (claimed: 'high' | 'standard' | 'low' | undefined, totalCents: number, currency = 'EUR') =>
    priorityOf(priorities, claimed, currency)?.(totalCents)
  expect(classOf('high', 1)).toBe('high')
  expect(classOf('low', 90_000)).toBe('low')
  expect(classOf('standard', 90_000)).toBe('standard')
  expect([classOf(undefined, 49_999), classOf(undefined, 50_000)]).toEqual(['standard', 'high'])
  expect([classOf(undefined, 50_000, 'USD'), classOf(undefined, 60_000, 'USD')]).toEqual(['standard', 'high'])
  expect(classOf(undefined, 1_000_000, 'GBP')).toBe('standard')
})

test('refuses a claim where there are no tokens, and amounts that are none', () => {
  expect(() => gatewayConfig({ ...open, PRIORITY_CLAIM: 'tier' })).toThrow(/^PRIORITY_CLAIM: found tier/m)
  for (const amounts of ['50000', 'EUR', 'eur=1', 'EUR=0', 'EUR=1.5', 'EUR=-1'])
    expect(() => gatewayConfig({ ...open, PRIORITY_HIGH_FROM: amounts })).toThrow(/^PRIORITY_HIGH_FROM: found/m)
})
