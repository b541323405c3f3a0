// Does a dead letter keep the message as it was and say all about its end?
import { expect, test } from 'vitest'
import { bytesOf, maxChunkBytes } from '../producer/chunks.ts'
import { deadLetter } from './dead-letter.ts'
import { failureVerdict } from '../client/failure.ts'

test('keeps the message, its origin and the reason of its failure', () => {
  const record = {
    topic: 'shop.orders.placed',
    partition: 3,
    offset: '42',
    key: Buffer.from('customer-1'),
    value: Buffer.from('{'),
    headers: { 'content-type': 'x' },
    timestamp: 1_700_000_000_000,
  }
  const error = Object.assign(new Error('not JSON', { cause: new Error('the root') }), { reason: 'NotJson' })
  const outgoing = deadLetter(record, { error, attempts: 2 }, 'orders', 'shop.orders.dead-letters', new Date(0))
  expect(outgoing).toMatchObject({ topic: 'shop.orders.dead-letters', key: record.key, value: record.value })
  expect(outgoing.headers).toMatchObject({
    'content-type': 'x',
    'dead-letter-reason': 'NotJson',
    'dead-letter-message': 'not JSON',
    'dead-letter-stage': 'orders',
    'dead-letter-topic': 'shop.orders.placed',
    'dead-letter-partition': '3',
    'dead-letter-offset': '42',
    'dead-letter-attempts': '2',
    'dead-letter-at': '1970-01-01T00:00:00.000Z',
  })
  expect(outgoing.headers['dead-letter-stack']).toContain('caused by: Error: the root')
})

test('leaves out a message that is too large with its reasons, and says so', () => {
  const of = (bytes: number) => ({
    ...{ topic: 'shop.orders.placed', partition: 3, offset: '42', key: null, headers: {}, timestamp: 0 },
    value: Buffer.alloc(bytes, 'x'),
  })
  const failure = { error: new Error('too much'), attempts: 1 }
  const large = deadLetter(of(1_000_000), failure, 'orders', 'shop.orders.dead-letters', new Date(0))
  expect(large).toMatchObject({ value: null, headers: { 'dead-letter-omitted-bytes': '1000000' } })
  expect(deadLetter(of(800_000), failure, 'orders', 'shop.orders.dead-letters', new Date(0)).value).toHaveLength(
    800_000,
  )
})

test('writes a dead letter for a key or headers that are too large', () => {
  const record = { topic: 'shop.orders.placed', partition: 3, offset: '42', key: null, value: null, timestamp: 0 }
  const failure = { error: new Error('too much'), attempts: 1 }
  // A header that is no text takes three times its bytes once it is read as one.
  const binary = { trace: Buffer.alloc(400_000, 0xff).toString() }
  const deadLetterOf = (more: object) =>
    deadLetter({ ...record, headers: {}, ...more }, failure, 'orders', 'shop.orders.dead-letters', new Date(0))
  for (const more of [{ headers: binary }, { key: Buffer.alloc(950_000), value: Buffer.from('x') }]) {
    const outgoing = deadLetterOf(more)
    expect(bytesOf(outgoing)).toBeLessThan(maxChunkBytes)
    expect(outgoing).toMatchObject({ key: null, value: null })
    expect(outgoing.headers).toMatchObject({
      'dead-letter-offset': '42',
      'dead-letter-omitted-bytes': expect.stringMatching(/^[01]$/) as string,
    })
  }
})

test('reads errors by their fields', () => {
  expect(failureVerdict({ retry: true, outage: true })).toBe('outage')
  expect(failureVerdict({ retry: true })).toBe('retry')
  expect(failureVerdict({ retry: false })).toBe('never')
  expect(failureVerdict(new TypeError('x'))).toBe('unknown')
  expect(failureVerdict('thrown text')).toBe('unknown')
})
