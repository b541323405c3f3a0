import { expect, test } from 'vitest'
import { agesSeconds, expectations, expectedWaitSeconds, rememberedPaces, stageQueueOf } from './queue.ts'
import type { QueueSample } from './queue.ts'

function partition(index: number, committed: number | undefined, high: number, metadata = 'database 7') {
  return {
    topic: 'a',
    partition: index,
    low: 0,
    high,
    committed,
    metadata,
  }
}
const ages = [1, 30, 60]

test('lag is what is not consumed, and the whole topic for a new group', () => {
  const { queue, positions } = stageQueueOf('stage', [partition(0, 7, 10), partition(1, undefined, 5)], new Map(), ages)
  expect(queue.lag).toBe(8)
  expect(positions).toEqual([
    { id: 'a/0', consumed: 7, lag: 3 },
    { id: 'a/1', consumed: 0, lag: 5 },
  ])
})

test('the oldest message is as old as the largest age that younger ones lie behind', () => {
  const since = (...offsets: (number | undefined)[]) => new Map([['a', new Map([[0, offsets]])]])
  const age = (offsets: ReturnType<typeof since>, committed = 7) =>
    stageQueueOf('stage', [partition(0, committed, 10)], offsets, ages).queue.oldestAgeSeconds
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
  expect(expectedWaitSeconds(waits, ['orders', 'payment'])).toEqual({ high: 33, standard: 33, low: 33 })
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

test('a class that is ahead of the offset has less lag, and an age of its own', () => {
  const since = new Map([['a', new Map([[0, [19, 12, 4]]])]])
  const behind = partition(0, 10, 20, 'standard+5 high+9 done+3 database 7')
  expect(stageQueueOf('stage', [behind, partition(1, 4, 4)], since, ages)).toEqual({
    queue: { name: 'stage', lag: 10, oldestAgeSeconds: 30 },
    positions: [
      { id: 'a/0', consumed: 10, ahead: 3, lag: 10 },
      { id: 'a/1', consumed: 4, lag: 0 },
    ],
    higher: {
      high: {
        queue: { name: 'stage', lag: 1, oldestAgeSeconds: 0 },
        positions: [
          { id: 'a/0', consumed: 19, lag: 1 },
          { id: 'a/1', consumed: 4, lag: 0 },
        ],
      },
      standard: {
        queue: { name: 'stage', lag: 5, oldestAgeSeconds: 1 },
        positions: [
          { id: 'a/0', consumed: 15, lag: 5 },
          { id: 'a/1', consumed: 4, lag: 0 },
        ],
      },
    },
  })
})

test('a class is never further than the end of its partition, whatever was noted', () => {
  const { higher } = stageQueueOf('stage', [partition(0, 10, 20, 'high+999999999999999')], new Map(), ages)
  expect(higher?.high).toMatchObject({ queue: { lag: 0 }, positions: [{ consumed: 20, lag: 0 }] })
})

/** A look at one partition, as a replica notes it that knows of classes, or one that does not. */
function look(at: number, committed: number, high: number, metadata = ''): QueueSample {
  const { queue, positions, higher } = stageQueueOf(
    'payment',
    [partition(0, committed, high, metadata)],
    new Map(),
    ages,
  )
  return { at, queues: [queue], positions: { payment: positions }, ...(higher ? { higher: { payment: higher } } : {}) }
}

test('an overload of low makes low orders wait, and a high one only for what is before it', () => {
  const looks = [
    look(0, 100, 400, 'high+290 standard+290 done+200'),
    look(10_000, 110, 700, 'high+580 standard+570 done+390'),
  ]
  // The offset makes one message a second; all that is done, ahead of it too, makes twenty.
  expect(expectations(looks)).toMatchObject([
    { lag: 590, waitSeconds: 590, waitSecondsOf: { high: 0.5, standard: 1 }, consumedPerSecond: 1 },
  ])
  const [wait] = expectations(looks)
  expect(expectedWaitSeconds([wait!], ['payment'])).toEqual({ high: 0.5, standard: 1, low: 590 })
})

test('after a rebalance a class is as far as the offset again, and what it did before still counts as pace', () => {
  const before = [look(0, 100, 400, 'high+290 done+200'), look(10_000, 110, 700, 'high+580 done+390')]
  const [wait] = expectations([...before, look(15_000, 110, 700, 'high+20 done+10')])
  expect(wait?.waitSecondsOf?.high).toBeCloseTo(570 / (200 / 15))
  // A replica of an older version notes nothing, and each class waits as before.
  expect(expectations([...before, look(15_000, 120, 700)])).toMatchObject([{ waitSeconds: 580 / (20 / 15) }])
  expect(expectations([...before, look(15_000, 120, 700)])[0]).not.toHaveProperty('waitSecondsOf')
})

test('a partition that moves to an older replica and back is not taken for one that stands still', () => {
  const looks = [
    look(0, 100, 400, 'high+290 done+200'),
    look(5_000, 105, 400),
    look(10_000, 105, 400, 'high+290 done+200'),
  ]
  expect(expectations(looks)[0]?.waitSecondsOf?.high).toBeGreaterThan(0)
  expect(expectations(looks)[0]?.waitSecondsOf?.high).toBeLessThan(1)
})

test('no class waits for longer than a lower one', () => {
  const wait = { name: 'payment', lag: 1, oldestAgeSeconds: 0, waitSeconds: 2, waitSecondsOf: { standard: 5 } }
  expect(expectedWaitSeconds([wait], ['payment'])).toEqual({ high: 2, standard: 5, low: 5 })
})
