// Does a dead letter keep the message as it was and say all about its end?
import { expect, test } from 'vitest'
import { bytesOf, maxChunkBytes } from './chunks.ts'
import { deadLetter } from './dead-letter.ts'
import { verdictOn } from './failure.ts'

test('a dead letter keeps the message and says where it came from and why it ended', () => {
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

test('a message too large to be kept with its reasons is left where it was, and the letter says so', () => {
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

test('where a key or headers alone are too large the letter still can be written, and says where the message is', () => {
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
  expect(verdictOn({ retry: true, outage: true })).toBe('outage')
  expect(verdictOn({ retry: true })).toBe('retry')
  expect(verdictOn({ retry: false })).toBe('never')
  expect(verdictOn(new TypeError('x'))).toBe('unknown')
  expect(verdictOn('thrown text')).toBe('unknown')
})
