// How much waits in each queue, for how long, and how soon would what comes in now be through? Pure.
import type { OffsetsSince, PartitionOffsets } from '@orderpipeline/kit-kafka-admin'

export interface Queue {
  /** The stage; `intake` for orders that are durable and not yet in Kafka. */
  readonly name: string
  /** Messages waiting. */
  readonly lag: number
  /** How long the oldest has waited: exact for the intake, for stages the largest of `agesSeconds` that it has reached. */
  readonly oldestAgeSeconds: number
}

export interface Sample {
  /** Milliseconds that never go back. */
  readonly at: number
  readonly queues: readonly Queue[]
  /** By stage: messages consumed since its topics began. */
  readonly consumed: Readonly<Record<string, number>>
}

export interface Expectation extends Queue {
  readonly consumedPerSecond?: number
  /** How long what comes in now would wait here. */
  readonly waitSeconds: number
}

/** What waits before the stages cannot be told; before them, in the intake, it can. */
export class StagesUnknown extends Error {
  override readonly name = 'StagesUnknown'
  readonly reason = 'StagesUnknown'
  readonly retry = true
  readonly intake: Expectation

  constructor(intake: Expectation, cause: unknown) {
    super('the queues of the stages cannot be read', { cause })
    this.intake = intake
  }
}

/** Kafka tells what is older than a time, not how old something is: so many times are asked about. */
export const agesSeconds = (limitSeconds: number): readonly number[] =>
  [...new Set([1, 5, 15, 30, 60, 120, 300, 900, 3_600, 21_600, 86_400, limitSeconds])].sort((a, b) => a - b)

const position = ({ low, high, committed }: PartitionOffsets): number => Math.min(high, Math.max(low, committed ?? low))

/** `since`: what was asked of Kafka for each of `ages`, in that order. */
export function queueOf(
  name: string,
  partitions: readonly PartitionOffsets[],
  since: OffsetsSince,
  ages: readonly number[],
): { readonly queue: Queue; readonly consumed: number } {
  let lag = 0
  let consumed = 0
  let oldestAgeSeconds = 0
  for (const partition of partitions) {
    const at = position(partition)
    consumed += at
    lag += partition.high - at
    if (partition.high === at) continue
    const offsets = since.get(partition.topic)?.get(partition.partition)
    for (const [index, age] of ages.entries()) {
      if (!offsets) continue
      // The first message that is younger lies behind the next one to be consumed: so that one is older.
      const younger = offsets[index]
      if (younger === undefined || younger > at) oldestAgeSeconds = Math.max(oldestAgeSeconds, age)
    }
  }
  return { queue: { name, lag, oldestAgeSeconds }, consumed }
}

/** Rates over a shorter time than this say more about batches than about pace. */
const shortestMs = 2_000

/**
 * Lag over pace; where nothing was seen to move, what has waited so far. `samples`: oldest first.
 */
export function expectations(samples: readonly Sample[]): readonly Expectation[] {
  const last = samples.at(-1)
  if (!last) return []
  const first = samples.find(({ at }) => last.at - at >= shortestMs)
  return last.queues.map((queue) => {
    const moved = (last.consumed[queue.name] ?? 0) - (first?.consumed[queue.name] ?? Number.NaN)
    const consumedPerSecond = first && moved >= 0 ? (moved * 1_000) / (last.at - first.at) : undefined
    const waitSeconds =
      queue.lag > 0 && consumedPerSecond ? queue.lag / consumedPerSecond : queue.lag > 0 ? queue.oldestAgeSeconds : 0
    return { ...queue, ...(consumedPerSecond === undefined ? {} : { consumedPerSecond }), waitSeconds }
  })
}

/** Through all of these, one after the other. */
export function expectedWaitSeconds(expected: readonly Expectation[], stages: readonly string[]): number {
  return expected
    .filter(({ name }) => name === 'intake' || stages.includes(name))
    .reduce((sum, { waitSeconds }) => sum + waitSeconds, 0)
}
