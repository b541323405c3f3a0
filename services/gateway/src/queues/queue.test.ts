import { expect, test } from 'vitest'
import { agesSeconds, expectations, expectedWaitSeconds, queueOf, rememberedPaces } from './queue.ts'
import type { QueueSample } from './queue.ts'

function partition(index: number, committed: number | undefined, high: number) {
  return {
    topic: 'a',
    partition: index,
    low: 0,
    high,
    committed,
  }
}
const ages = [1, 30, 60]

test('lag is what is not consumed, and the whole topic for a new group', () => {
  const { queue, positions } = queueOf('stage', [partition(0, 7, 10), partition(1, undefined, 5)], new Map(), ages)
  expect(queue.lag).toBe(8)
  expect(positions).toEqual([
    { id: 'a/0', consumed: 7, lag: 3 },
    { id: 'a/1', consumed: 0, lag: 5 },
  ])
})

test('the oldest message is as old as the largest age that younger ones lie behind', () => {
  const since = (...offsets: (number | undefined)[]) => new Map([['a', new Map([[0, offsets]])]])
  const age = (offsets: ReturnType<typeof since>, committed = 7) =>
    queueOf('stage', [partition(0, committed, 10)], offsets, ages).queue.oldestAgeSeconds
  expect(age(since(7, 2, 0))).toBe(0)
  expect(age(since(9, 7, 0))).toBe(1)
  expect(age(since(undefined, 8, 7))).toBe(30)
  expect(age(since(undefined, undefined, undefined))).toBe(60)
  expect(age(since(undefined, undefined, undefined), 10)).toBe(0)
})

function sample(at: number, lag: number, consumed: number, oldestAgeSeconds = 0): QueueSample {
  return {
    at,
    queues: [{ name: 'payment', lag, oldestAgeSeconds }],
    positions: { payment: [{ id: 'a/0', consumed, lag }] },
  }
}

test('a new message waits for the messages before it at the measured rate', () => {
  expect(expectations([sample(0, 900, 0), sample(10_000, 600, 300)])).toMatchObject([
    { consumedPerSecond: 30, waitSeconds: 20 },
  ])
})

test('without movement or data only the wait so far is known', () => {
  expect(expectations([sample(0, 5, 70, 30)])).toMatchObject([{ waitSeconds: 30 }])
  expect(expectations([sample(0, 5, 70, 30), sample(10_000, 5, 70, 60)])).toMatchObject([{ waitSeconds: 60 }])
  expect(expectations([sample(0, 5, 70, 30), sample(500, 5, 80, 30)])).toMatchObject([{ waitSeconds: 30 }])
  expect(expectations([sample(0, 0, 70, 0), sample(10_000, 0, 70, 0)])).toMatchObject([{ waitSeconds: 0 }])
})

test('an order waits in the stages that it passes, and in no other', () => {
  const wait = (name: string, waitSeconds: number) => ({ name, lag: 1, oldestAgeSeconds: 0, waitSeconds })
  const waits = [wait('intake', 1), wait('orders', 2), wait('payment', 30), wait('audit', 1_000)]
  expect(expectedWaitSeconds(waits, ['orders', 'payment'])).toBe(33)
})

/**
 * Payment with a hundred partitions, of which `stuck` hold a message each that does not move, and
 * have for ten minutes.
 */
function night(at: number, stuck: number, consumed = 0, movingLag = 0): QueueSample {
  return {
    at,
    queues: [{ name: 'payment', lag: stuck + movingLag, oldestAgeSeconds: 300 }],
    positions: {
      payment: Array.from({ length: 100 }, (_, n) => ({
        id: `a/${n}`,
        consumed: 50 + (n === 99 ? consumed : 0),
        lag: n < stuck ? 1 : n === 99 ? movingLag : 0,
      })),
    },
  }
}

test('one stuck message in a quiet night makes no other order wait', () => {
  expect(expectations([night(0, 1), night(10_000, 1)])).toMatchObject([{ waitSeconds: 0, oldestAgeSeconds: 300 }])
  expect(expectations([night(0, 1), night(10_000, 1, 10, 20)])).toMatchObject([{ waitSeconds: 20 }])
})

test('a stage that does not move in half of its partitions stands still', () => {
  expect(expectations([night(0, 60), night(10_000, 60)])).toMatchObject([{ waitSeconds: 300 }])
})

test('remembers a stage’s rate while it has less to do, and forgets it with time', () => {
  const paces = { payment: 40 }
  expect(expectations([night(0, 0), night(10_000, 0, 10, 20)], paces)).toMatchObject([{ waitSeconds: 0.5 }])
  const quiet = expectations([night(0, 0), night(10_000, 0, 10, 20)])
  expect(rememberedPaces(paces, quiet, 0)).toEqual({ payment: 40 })
  expect(rememberedPaces(paces, quiet, 600_000)).toEqual({ payment: 10 })
  expect(rememberedPaces(paces, quiet, 3_600_000)).toEqual({ payment: 1 })
})

test('asks Kafka for two ages, one of which is the limit', () => {
  expect(agesSeconds(42)).toEqual([15, 42])
  expect(agesSeconds(2)).toEqual([1, 2])
})
