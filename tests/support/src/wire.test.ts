// Is what passes on the wire read and cut as the protocols have it?
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, test } from 'vitest'
import { firstPartition, kafkaConversation } from './kafka-wire.ts'
import type { WireEvent } from './wire-event.ts'
import { elementsOf, postgresConversation } from './postgres-wire.ts'
import { startTap } from './tap.ts'

function int16(value: number) {
  return Buffer.from([value >> 8, value & 255])
}
function int32(value: number) {
  return Buffer.concat([int16(value >>> 16), int16(value & 65_535)])
}
function string(value: string) {
  return Buffer.concat([int16(value.length), Buffer.from(value)])
}
function framed(...parts: Buffer[]) {
  return Buffer.concat([int32(Buffer.concat(parts).length), ...parts])
}
function header(key: number, correlation: number) {
  return Buffer.concat([int16(key), int16(7), int32(correlation), string('me')])
}
function records(value: string) {
  return Buffer.concat([int32(value.length), Buffer.from(value)])
}
const produceStart = [header(0, 1), int16(-1), int16(-1), int32(10_000)]

test('cuts a Produce of several partitions after its first part', () => {
  const first = [string('a'), int32(1), int32(3), records('one')]
  const both = framed(
    ...produceStart,
    int32(2),
    string('a'),
    int32(2),
    int32(3),
    records('one'),
    int32(4),
    records('two'),
  )
  expect(firstPartition(both)).toEqual(framed(...produceStart, int32(1), ...first))
  expect(firstPartition(framed(...produceStart, int32(1), ...first))).toBeUndefined()
})

test('replaces a broker’s address by the tap’s and names requests', () => {
  const events: string[] = []
  const look = ({ phase, operation }: WireEvent) => events.push(`${phase} ${operation}`) < 0
  const { onRequest: fromClient, onResponse: fromServer } = kafkaConversation(
    { host: '127.0.0.1', port: 9_092 },
    look,
    4_000,
  )
  fromClient(framed(header(3, 9)))
  const answer = (port: number) => framed(int32(9), int32(1), int32(1), string('127.0.0.1'), int32(port), int16(-1))
  expect(fromServer(answer(9_092)).bytes).toEqual(answer(4_000))
  expect(events).toEqual(['asked Metadata', 'answered Metadata'])
})

function typed(type: string, body: Buffer) {
  return Buffer.concat([Buffer.from(type), int32(4 + body.length), body])
}
function bind(name: string, value?: string) {
  const values = value === undefined ? [int16(0)] : [int16(1), int32(value.length), Buffer.from(value)]
  return typed('B', Buffer.concat([Buffer.from(`\0${name}\0`), int16(0), ...values, int16(0)]))
}
function row(value: string) {
  return typed('D', Buffer.concat([int16(1), int32(value.length), Buffer.from(value)]))
}
const ready = typed('Z', Buffer.from('T'))

test('names successful statements with their values, rows and transaction', () => {
  const events: WireEvent[] = []
  const { onRequest: fromClient, onResponse: fromServer } = postgresConversation((event) => events.push(event) < 0)
  fromClient(Buffer.from('the start-up message'))
  for (const message of [bind('begin'), bind('inbox.take-in', '{a,b}')]) {
    fromClient(message)
    if (message.includes('inbox')) fromServer(row('a'))
    fromServer(ready)
  }
  fromClient(bind('fails'))
  fromServer(typed('E', Buffer.from('no')))
  fromServer(ready)
  fromClient(bind('commit'))
  expect(events.map(({ phase, operation }) => `${phase} ${operation}`)).toEqual([
    ...[
      'asked begin',
      'answered begin',
      'asked inbox.take-in',
      'answered inbox.take-in',
      'asked fails',
      'asked commit',
    ],
  ])
  expect(elementsOf(events[2]?.values[0])).toEqual(['a', 'b'])
  expect(events.at(-1)?.within.find(({ operation }) => operation === 'inbox.take-in')?.rows).toEqual([['a']])
})

test('matches statements sent together to answers, and a failed commit is none', () => {
  const events: WireEvent[] = []
  const { onRequest: fromClient, onResponse: fromServer } = postgresConversation((event) => events.push(event) < 0)
  fromClient(Buffer.from('the start-up message'))
  const transaction = (...answers: Buffer[]) => {
    for (const message of [bind('begin'), bind('effect'), bind('commit')]) fromClient(message)
    for (const answer of answers) fromServer(answer)
  }
  transaction(ready, row('a'), ready, ready)
  expect(events.map(({ phase, operation }) => `${phase} ${operation}`)).toEqual([
    ...['asked begin', 'asked effect', 'asked commit'],
    ...['answered begin', 'answered effect', 'answered commit'],
  ])
  expect(events[2]?.within.map(({ operation }) => operation)).toEqual(['begin', 'effect'])
  expect(events[5]?.within.find(({ operation }) => operation === 'effect')?.rows).toEqual([['a']])
  transaction(ready, typed('E', Buffer.from('no')), ready, ready)
  expect(events.slice(6).map(({ phase, operation }) => `${phase} ${operation}`)).not.toContain('answered commit')
})

test('a cut connection passes everything before the cut and nothing after it', async () => {
  const arrived = Promise.withResolvers<string>()
  const server = createServer((socket) => void text(socket).then(arrived.resolve)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address() as AddressInfo
  const length = (bytes: Buffer) => (bytes.length === 0 ? undefined : 1)
  const pass = (bytes: Buffer) => ({ bytes: String(bytes) === '!' ? undefined : bytes, cut: String(bytes) === '!' })
  const tap = await startTap(
    { host: '127.0.0.1', port },
    () => ({ requestLength: length, responseLength: length, onRequest: pass, onResponse: pass }),
    () => () => false,
  )
  connect(tap.port, '127.0.0.1')
    .on('error', () => undefined)
    .write('as far as here!and no further')
  expect(await arrived.promise).toBe('as far as here')
  await tap.close()
  server.close()
})
