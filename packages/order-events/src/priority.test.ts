// Does the class of an order travel as a header, and does nothing change for an order without one?
import { expect, test } from 'vitest'
import { decode, encode, encodeCleared } from './codec.ts'
import { eventOf, following } from './event.ts'
import { priorities, priorityFrom, shareBeforeShedding } from './priority.ts'
import type { Priority } from './priority.ts'

const data = {
  orderId: '0190a0a0-0000-7000-8000-000000000001',
  customerId: 'customer-7',
  totalCents: 700,
  currency: 'EUR',
}
function event(priority?: Priority) {
  return eventOf('StockReserved', data, { source: '/inventory', now: new Date(0), priority })
}

test.each(['high', 'low'] as const)(
  'an event of a %s order carries the class to the event that follows',
  (priority) => {
    const encoded = encode(event(priority))
    expect(encoded.headers).toEqual({ ...encode(event()).headers, priority })
    expect(encodeCleared(event(priority)).headers).toEqual(encoded.headers)
    const read = decode(encoded.value, encoded.headers)
    expect(read).toEqual(event(priority))
    const captured = eventOf('PaymentCaptured', { ...data, chargeId: 'c' }, following(read, '/payment', new Date(0)))
    expect(encode(captured).headers).toMatchObject({ priority })
  },
)

test('an event of a standard order is the same to the byte as one without a class', () => {
  expect(event('standard')).toEqual(event())
  expect(encode(event('standard'))).toEqual(encode(event()))
  expect(Object.keys(encode(event()).headers)).toEqual(['content-type'])
})

test('the value is the same whatever the class, so that a consumer that does not know it reads on', () => {
  expect(encode(event('high')).value).toBe(encode(event()).value)
  expect(decode(encode(event('high')).value)).toEqual(event())
})

test('a header that names no class counts as standard', () => {
  const { value, headers } = encode(event())
  for (const priority of ['gold', 'HIGH', '']) expect(decode(value, { ...headers, priority })).toEqual(event())
  for (const value of [undefined, null, 1, {}, 'constructor']) expect(priorityFrom(value)).toBe('standard')
})

test('a lower class is refused before a higher one, and the highest only at the bound', () => {
  const shares = priorities.map((priority) => shareBeforeShedding[priority])
  expect(shares).toEqual([...shares].sort((a, b) => b - a))
  expect([new Set(shares).size, shares[0]]).toEqual([priorities.length, 1])
})
