// How much waits in each queue, for how long, and how soon would what comes in now be through?
// Pure.
import type { OffsetsSince, PartitionOffsets } from '@orderpipeline/kafka-admin'

export interface Queue {
  /** The stage; `intake` for orders that are durable and not yet in Kafka. */
  readonly name: string
  /** Messages waiting. */
  readonly lag: number
  /**
   * How long the oldest has waited: exact for the intake, for stages the largest of `agesSeconds`
   * that it has reached.
   */
  readonly oldestAgeSeconds: number
}

/** The position of a stage's consumer group in one partition. */
export interface Position {
  /** `<topic>/<partition>`. */
  readonly id: string
  /** Messages consumed since the partition began. */
  readonly consumed: number
  readonly lag: number
}

export interface QueueSample {
  /** Milliseconds that never go back. */
  readonly at: number
  readonly queues: readonly Queue[]
  /** By stage. */
  readonly positions: Readonly<Record<string, readonly Position[]>>
}

export interface Expectation extends Queue {
  readonly consumedPerSecond?: number
  /** How long what comes in now would wait here. */
  readonly waitSeconds: number
}

/** The backlog before the stages is unknown; the backlog in the intake, before them, is known. */
export class StagesUnknownError extends Error {
  override readonly name = 'StagesUnknownError'
  readonly reason = 'StagesUnknown'
  readonly retry = true
  readonly intake: Expectation

  constructor(intake: Expectation, cause: unknown) {
    super('the queues of the stages cannot be read', { cause })
    this.intake = intake
  }
}

/**
 * Kafka finds what is older than a time, not how old something is. Each time is a search in an
 * index for every lagging partition, so there are two: the age that makes a queue stuck, and one
 * that shows early that it is going to be.
 */
export function agesSeconds(limitSeconds: number): readonly number[] {
  return [Math.min(15, limitSeconds / 2), limitSeconds]
}

function position({ low, high, committed }: PartitionOffsets): number {
  return Math.min(high, Math.max(low, committed ?? low))
}

/** `since`: Kafka's offsets for each of `ages`, in that order. */
export function queueOf(
  name: string,
  partitions: readonly PartitionOffsets[],
  since: OffsetsSince,
  ages: readonly number[],
): { readonly queue: Queue; readonly positions: readonly Position[] } {
  let lag = 0
  let oldestAgeSeconds = 0
  const positions: Position[] = []
  for (const partition of partitions) {
    const at = position(partition)
    positions.push({ id: `${partition.topic}/${partition.partition}`, consumed: at, lag: partition.high - at })
    lag += partition.high - at
    if (partition.high === at) continue
    const offsets = since.get(partition.topic)?.get(partition.partition)
    for (const [index, age] of ages.entries()) {
      if (!offsets) continue
      // The first message that is younger lies behind the next one to be consumed: so that one is
      // older.
      const younger = offsets[index]
      if (younger === undefined || younger > at) oldestAgeSeconds = Math.max(oldestAgeSeconds, age)
    }
  }
  return { queue: { name, lag, oldestAgeSeconds }, positions }
}

/** Rates over a shorter time than this say more about batches than about pace. */
const shortestMs = 2_000

/** Messages a second that a stage was seen to consume, by stage. */
export type Paces = Readonly<Record<string, number>>

/**
 * Lag over pace, of the partitions that move: one that is stuck at one message delays its own keys
 * and no others. `samples`: oldest first. `paces`: what the stages were known to consume before; a
 * stage with little traffic consumes what comes, which is not what it could.
 */
export function expectations(samples: readonly QueueSample[], paces: Paces = {}): readonly Expectation[] {
  const last = samples.at(-1)
  if (!last) return []
  const first = samples.find(({ at }) => last.at - at >= shortestMs)
  return last.queues.map((queue) => {
    const progress = first && progressOf(first.positions[queue.name], last.positions[queue.name])
    const consumedPerSecond = first && progress && (progress.consumed * 1_000) / (last.at - first.at)
    const waitSeconds = waitOf(queue, progress, consumedPerSecond ?? 0, paces[queue.name] ?? 0)
    return { ...queue, ...(consumedPerSecond === undefined ? {} : { consumedPerSecond }), waitSeconds }
  })
}

interface Progress {
  readonly consumed: number
  /** Messages before those partitions that moved. */
  readonly movingLag: number
  /** The share of all partitions that have a lag and did not move; from 0 to 1. */
  readonly standing: number
}

/** `undefined` where there is nothing to compare, or the group was set back. */
function progressOf(before: readonly Position[] = [], now: readonly Position[] = []): Progress | undefined {
  const at = new Map(before.map(({ id, consumed }) => [id, consumed]))
  const movements = now
    .filter(({ id }) => at.has(id))
    .map((one) => ({ ...one, advance: one.consumed - (at.get(one.id) ?? 0) }))
  if (movements.length === 0 || movements.some(({ advance }) => advance < 0)) return undefined
  const moving = movements.filter(({ advance }) => advance > 0)
  return {
    consumed: moving.reduce((sum, { advance }) => sum + advance, 0),
    movingLag: moving.reduce((sum, { lag }) => sum + lag, 0),
    standing: movements.filter(({ advance, lag }) => advance === 0 && lag > 0).length / movements.length,
  }
}

/**
 * From this share of its partitions on a stage that moves nowhere counts as standing still, not as
 * stuck at some keys.
 */
const standsStill = 0.5

function waitOf(queue: Queue, progress: Progress | undefined, perSecond: number, knownPace: number): number {
  if (queue.lag === 0) return 0
  if (!progress) return queue.oldestAgeSeconds
  const pace = Math.max(perSecond, knownPace)
  if (progress.consumed > 0) return progress.movingLag / pace
  if (progress.standing >= standsStill) return queue.oldestAgeSeconds
  return knownPace > 0 ? queue.lag / knownPace : 0
}

/** A pace is forgotten by half in so long: the stage may have fewer replicas since. */
const halfLifeMs = 300_000

export function rememberedPaces(paces: Paces, observations: readonly Expectation[], passedMs: number): Paces {
  const decay = 0.5 ** (passedMs / halfLifeMs)
  return Object.fromEntries(
    observations.map(({ name, consumedPerSecond = 0 }) => [
      name,
      Math.max(consumedPerSecond, (paces[name] ?? 0) * decay),
    ]),
  )
}

/** Through all of these, one after the other. */
export function expectedWaitSeconds(waits: readonly Expectation[], stages: readonly string[]): number {
  return waits
    .filter(({ name }) => name === 'intake' || stages.includes(name))
    .reduce((sum, { waitSeconds }) => sum + waitSeconds, 0)
}
