// How fast are messages of one key kept in order while others go on, and how fast does a consumer
// learn which offsets it may commit? Neither is exported by packages/kafka: the interfaces say what
// is used of each.
import type { MicroCase } from '../case.ts'
import type { Tree } from '../tree.ts'
import { customerOf } from './orders.ts'

/** packages/kafka/src/processing/key-serial-executor.ts */
interface Executors {
  readonly createKeySerialExecutor: (concurrency: number) => {
    add(key: string, work: (place: { releaseWhile(wait: Promise<void>): Promise<void> }) => Promise<void>): void
  }
}

/** packages/kafka/src/consumer/offset-tracker.ts */
interface OffsetTrackers {
  readonly createOffsetTracker: () => {
    take(topic: string, partition: number, offset: string): () => void
    recordEnd(topic: string, partition: number, highWatermark: string): void
    committable(): { readonly topic: string; readonly partition: number; readonly offset: string }[]
    committed(offsets: ReturnType<ReturnType<OffsetTrackers['createOffsetTracker']>['committable']>): void
    lag(): Map<string, number>
  }
}

/** As in a stage: `concurrency` of examples/shop.yaml. */
const concurrency = 10
const topic = 'shop.orders.placed'

export const executorCases: readonly MicroCase[] = [
  {
    name: 'key executor: many customers, every tenth message waits',
    prepare: async (tree) => {
      const keys = Array.from({ length: 2_000 }, (_, order) => customerOf(order))
      return executorWorkload(await executorsOf(tree), keys, (index) => index % 10 === 0)
    },
  },
  {
    name: 'key executor: one customer',
    prepare: async (tree) => {
      const keys = Array.from({ length: 2_000 }, () => customerOf(0))
      return executorWorkload(await executorsOf(tree), keys, () => false)
    },
  },
]

export const offsetTrackerCases: readonly MicroCase[] = [
  {
    name: 'offset tracker: messages end out of order, commits of a hundred',
    prepare: async (tree) => outOfOrderWorkload(await trackersOf(tree)),
  },
  {
    name: 'offset tracker: the first message ends last',
    prepare: async (tree) => firstEndsLastWorkload(await trackersOf(tree)),
  },
]

function executorsOf(tree: Tree): Promise<Executors> {
  return tree.load<Executors>('packages/kafka/src/processing/key-serial-executor.ts', ['createKeySerialExecutor'])
}

function trackersOf(tree: Tree): Promise<OffsetTrackers> {
  return tree.load<OffsetTrackers>('packages/kafka/src/consumer/offset-tracker.ts', ['createOffsetTracker'])
}

function executorWorkload(
  { createKeySerialExecutor }: Executors,
  keys: readonly string[],
  waits: (index: number) => boolean,
) {
  const run = () =>
    new Promise<number>((resolve) => {
      const executor = createKeySerialExecutor(concurrency)
      let ended = 0
      for (const [index, key] of keys.entries())
        executor.add(key, async (place) => {
          if (waits(index)) await place.releaseWhile(Promise.resolve())
          else await Promise.resolve()
          ended++
          if (ended === keys.length) resolve(ended)
        })
    })
  return { operations: keys.length, run }
}

function outOfOrderWorkload({ createOffsetTracker }: OffsetTrackers) {
  const [partitions, perPartition] = [10, 1_000]
  const offsets = Array.from({ length: perPartition }, (_, offset) => String(offset))
  /** The order in which ten messages of one partition end. */
  const endings = [3, 0, 7, 1, 2, 9, 4, 8, 6, 5]
  const run = (): number => {
    const tracker = createOffsetTracker()
    const committed = new Map<number, number>()
    let behind = 0
    for (let first = 0; first < perPartition; first += endings.length) {
      for (let partition = 0; partition < partitions; partition++) {
        if (first % 100 === 0) tracker.recordEnd(topic, partition, String(perPartition))
        const markDone = endings.map((_, index) => tracker.take(topic, partition, offsets[first + index] ?? ''))
        for (const index of endings) markDone[index]?.()
      }
      const committable = tracker.committable()
      tracker.committed(committable)
      for (const { partition, offset } of committable) committed.set(partition, Number(offset))
      behind = tracker.lag().get(topic) ?? NaN
    }
    return [...committed.values()].reduce((sum, offset) => sum + offset, 0) - behind
  }
  return { operations: partitions * perPartition, run }
}

function firstEndsLastWorkload({ createOffsetTracker }: OffsetTrackers) {
  const offsets = Array.from({ length: 10_000 }, (_, offset) => String(offset))
  const run = (): number => {
    const tracker = createOffsetTracker()
    const [first, ...others] = offsets.map((offset) => tracker.take(topic, 0, offset))
    for (const markDone of others) markDone()
    if (tracker.committable().length > 0) return 0
    first?.()
    return Number(tracker.committable()[0]?.offset)
  }
  return { operations: offsets.length, run }
}
