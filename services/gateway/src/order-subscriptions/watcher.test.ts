import { EventEmitter } from 'node:events'
import { silentLogger } from '@orderpipeline/process'
import type { OrderProgress } from '@orderpipeline/orders/queries'
import { expect, test } from 'vitest'
import { createOutcomes } from './outcomes.ts'
import { createStreams } from './streams.ts'
import { createWatcher } from './watcher.ts'

function progress(orderId: string, status: OrderProgress['status']): OrderProgress {
  return {
    orderId,
    status,
    timeline: [{ event: status === 'PLACED' ? 'OrderPlaced' : 'OrderShipped', status, at: '2026-01-02T03:04:05Z' }],
  }
}

/** Orders whose state the test sets, and the queries about them. */
function orders(maxWaiting = 10_000) {
  const progressById = new Map<string, OrderProgress>()
  const looks: string[][] = []
  let underWay = 0
  let mostUnderWay = 0
  let failures = 0
  const watcher = createWatcher({
    everyMs: 1,
    logger: silentLogger(),
    readProgress: async (ids) => {
      looks.push([...ids])
      mostUnderWay = Math.max(mostUnderWay, ++underWay)
      await new Promise((resolve) => setTimeout(resolve, 1))
      underWay--
      if (failures-- > 0) throw new Error('away')
      return ids.flatMap((id) => progressById.get(id) ?? [])
    },
  })
  return {
    watcher,
    outcomes: createOutcomes(watcher, maxWaiting),
    set: (id: string, status: OrderProgress['status']) => void progressById.set(id, progress(id, status)),
    fail: (times: number) => void (failures = times),
    looks,
    mostUnderWay: () => mostUnderWay,
  }
}
function caller() {
  return new EventEmitter()
}
const long = 30_000

test('one query at a time serves thousands of waiting requests, each with its order', async () => {
  const { watcher, outcomes, set, looks, mostUnderWay } = orders()
  const ids = Array.from({ length: 2_500 }, (_, n) => `order-${n}`)
  const waiting = ids.map((id) => outcomes.of(id, long, caller()))
  for (const [n, id] of ids.entries()) set(id, n % 2 ? 'CONFIRMED' : 'CANCELLED')
  const results = await Promise.all(waiting)
  expect(results.map((outcome) => outcome?.status)).toEqual(ids.map((_, n) => (n % 2 ? 'CONFIRMED' : 'CANCELLED')))
  expect(mostUnderWay()).toBe(1)
  expect(Math.max(...looks.map((look) => look.length))).toBe(1_000)
  expect(watcher.orders).toBe(0)
})

test('looks up an order with two waiting requests once', async () => {
  const { outcomes, set, looks } = orders()
  const waiting = [outcomes.of('a', long, caller()), outcomes.of('a', long, caller())]
  set('a', 'SHIPPED')
  expect(await Promise.all(waiting)).toEqual([{ status: 'SHIPPED' }, { status: 'SHIPPED' }])
  expect(looks.every((look) => look.length === 1)).toBe(true)
})

test('repeats a failed query', async () => {
  const { outcomes, set, fail } = orders()
  fail(3)
  set('a', 'CONFIRMED')
  expect(await outcomes.of('a', long, caller())).toEqual({ status: 'CONFIRMED' })
})

test('ends the wait of a request that times out, disconnects or is one too many', async () => {
  const { outcomes, watcher, set } = orders(1)
  set('a', 'PROCESSING')
  expect(await outcomes.of('a', 20, caller())).toBeUndefined()
  const hanging = caller()
  const waiting = outcomes.of('a', long, hanging)
  expect(await outcomes.of('b', long, caller())).toBeUndefined()
  hanging.emit('close')
  expect(await waiting).toBeUndefined()
  expect([outcomes.waiting, watcher.orders]).toEqual([0, 0])
})

test('answers all waiting requests on close, and later ones at once', async () => {
  const { outcomes, watcher } = orders()
  const waiting = outcomes.of('a', long, caller())
  const streams = createStreams({ watcher, maxStreams: 2, maxPerCustomer: 2, heartbeatMs: long, maxAgeMs: long })
  const stream = streams.open(progress('a', 'PLACED'), new Set())
  watcher.close()
  expect(await waiting).toBeUndefined()
  expect(await outcomes.of('b', long, caller())).toBeUndefined()
  expect(await textOf(stream)).toMatch(/^retry: \d+\n\nid: OrderPlaced\n/)
  expect(await textOf(streams.open(progress('b', 'PLACED'), new Set()))).toContain('OrderPlaced')
  expect(streams.count).toBe(0)
})

async function textOf(stream: AsyncIterable<unknown> | undefined): Promise<string> {
  let text = ''
  for await (const part of stream ?? []) text += String(part)
  return text
}

test('ends the stream of an ended order, and frees the place of a closed one', async () => {
  const { watcher } = orders()
  const streams = createStreams({ watcher, maxStreams: 1, maxPerCustomer: 1, heartbeatMs: long, maxAgeMs: long })
  expect(await textOf(streams.open(progress('a', 'SHIPPED'), new Set()))).toContain('OrderShipped')
  const stream = streams.open(progress('a', 'PLACED'), new Set())
  expect(streams.open(progress('a', 'PLACED'), new Set())).toBeUndefined()
  stream?.destroy()
  await new Promise((resolve) => stream?.once('close', resolve))
  expect([streams.count, watcher.orders]).toEqual([0, 0])
})

test('limits the streams of a customer, and shares the rest among unknown ones', () => {
  const { watcher } = orders()
  const streams = createStreams({ watcher, maxStreams: 5, maxPerCustomer: 2, heartbeatMs: long, maxAgeMs: long })
  const open = (customer?: string) => streams.open(progress('a', 'PLACED'), new Set(), customer)
  const attempts = [open('greedy'), open('greedy'), open('greedy'), open('other'), open(), open(), open()]
  expect(attempts.map((stream) => stream !== undefined)).toEqual([true, true, false, true, true, true, false])
  for (const stream of attempts) stream?.destroy()
})
