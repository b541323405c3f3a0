// How much waits in each queue, for how long, and how soon would what comes in now be through?
// Pure.
import { doneAhead, readAhead } from '@orderpipeline/kafka'
import type { OffsetsSince, PartitionOffsets } from '@orderpipeline/kafka-admin'
import { priorities } from '@orderpipeline/order-events'
import type { Priority } from '@orderpipeline/order-events'

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
  /** Messages consumed ahead of that, where the stage says so. */
  readonly ahead?: number
  readonly lag: number
}

/** A stage as one look at Kafka shows it. */
export interface StageQueue {
  readonly queue: Queue
  readonly positions: readonly Position[]
  /** As it is for a class that need not wait for all that its offsets are behind. */
  readonly higher?: HigherClasses
}

type HigherClasses = Readonly<Partial<Record<Priority, Omit<StageQueue, 'higher'>>>>

export interface QueueSample {
  /** Milliseconds that never go back. */
  readonly at: number
  readonly queues: readonly Queue[]
  /** By stage. */
  readonly positions: Readonly<Record<string, readonly Position[]>>
  /** By stage; those whose classes are equally far are absent. */
  readonly higher?: Readonly<Record<string, HigherClasses>>
}

export interface Expectation extends Queue {
  readonly consumedPerSecond?: number
  /** How long what comes in now would wait here, if it were of the lowest class. */
  readonly waitSeconds: number
  /** The same for classes that wait for less. */
  readonly waitSecondsOf?: Readonly<Partial<Record<Priority, number>>>
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
export function stageQueueOf(
  name: string,
  partitions: readonly PartitionOffsets[],
  since: OffsetsSince,
  ages: readonly number[],
): StageQueue {
  const aheadOf = partitions.map(({ metadata }) => readAhead(metadata).ahead)
  const higher = priorities
    .filter((priority) => aheadOf.some((ahead) => ahead.has(priority)))
    .map((priority): [Priority, Omit<StageQueue, 'higher'>] => {
      const further = partitions.map((partition, index) => ({
        ...partition,
        committed: position(partition) + (aheadOf[index]?.get(priority) ?? 0),
        metadata: '',
      }))
      return [priority, queueOf(name, further, since, ages)]
    })
  const whole = queueOf(name, partitions, since, ages)
  return higher.length === 0 ? whole : { ...whole, higher: Object.fromEntries(higher) }
}

function queueOf(
  name: string,
  partitions: readonly PartitionOffsets[],
  since: OffsetsSince,
  ages: readonly number[],
): Omit<StageQueue, 'higher'> {
  let lag = 0
  let oldestAgeSeconds = 0
  const positions: Position[] = []
  for (const partition of partitions) {
    const at = position(partition)
    const ahead = readAhead(partition.metadata).ahead.get(doneAhead)
    positions.push({
      ...{ id: `${partition.topic}/${partition.partition}`, consumed: at, lag: partition.high - at },
      ...(ahead === undefined ? {} : { ahead }),
    })
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
  const firstAt = samples.findIndex(({ at }) => last.at - at >= shortestMs)
  const window = firstAt < 0 ? [] : samples.slice(firstAt)
  const windowMs = last.at - (window[0]?.at ?? last.at)
  return last.queues.map((queue) => {
    const { name } = queue
    const looks = window.map(({ positions }) => positions[name])
    const progress = progressOf(looks)
    const perSecond = (of: Progress | undefined) => of && (of.consumed * 1_000) / windowMs
    const consumedPerSecond = perSecond(progress)
    const knownPace = paces[name] ?? 0
    // What is fetched brings a class further, too, and is not done: so its own steps are no pace.
    const pace = Math.max(perSecond(progressOf(looks.map(withAhead))) ?? 0, knownPace)
    const higher = priorities.flatMap((priority) => {
      const view = last.higher?.[name]?.[priority]
      const ownLooks = window.map((sample, index) => sample.higher?.[name]?.[priority]?.positions ?? looks[index])
      return view ? [[priority, waitOf(view.queue, progressOf(ownLooks), pace)] as const] : []
    })
    return {
      ...queue,
      ...(consumedPerSecond === undefined ? {} : { consumedPerSecond }),
      waitSeconds: waitOf(queue, progress, Math.max(consumedPerSecond ?? 0, knownPace)),
      ...(higher.length === 0 ? {} : { waitSecondsOf: Object.fromEntries(higher) }),
    }
  })
}

/** By all that is consumed, also ahead of the offset. */
function withAhead(positions: readonly Position[] | undefined): readonly Position[] | undefined {
  return positions?.map(({ consumed, ahead = 0, ...rest }) => ({ ...rest, consumed: consumed + ahead }))
}

interface Progress {
  readonly consumed: number
  /** Messages before those partitions that moved. */
  readonly movingLag: number
  /** The share of all partitions that have a lag and did not move; from 0 to 1. */
  readonly standing: number
}

/**
 * `looks`: the positions at one time after the other. A step back counts as none: after a rebalance
 * the new owner of a partition begins where its offset is, also for classes that were further.
 * `undefined` where there is nothing to compare.
 */
function progressOf(looks: readonly (readonly Position[] | undefined)[]): Progress | undefined {
  const advances = new Map<string, number>()
  let before = new Map<string, number>()
  for (const positions of looks) {
    const now = new Map(positions?.map(({ id, consumed }) => [id, consumed]))
    for (const [id, consumed] of now) {
      const previous = before.get(id)
      if (previous === undefined) continue
      advances.set(id, (advances.get(id) ?? 0) + Math.max(0, consumed - previous))
    }
    before = now
  }
  const movements = (looks.at(-1) ?? []).flatMap((one) => {
    const advance = advances.get(one.id)
    return advance === undefined ? [] : [{ ...one, advance }]
  })
  if (movements.length === 0) return undefined
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

/** `pace`: messages a second; 0 where nothing moves, and nothing is known from before. */
function waitOf(queue: Queue, progress: Progress | undefined, pace: number): number {
  if (queue.lag === 0) return 0
  if (!progress) return queue.oldestAgeSeconds
  if (progress.consumed > 0) return pace > 0 ? progress.movingLag / pace : queue.oldestAgeSeconds
  if (progress.standing >= standsStill) return queue.oldestAgeSeconds
  return pace > 0 ? queue.lag / pace : 0
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

/**
 * Through all of these, one after the other, for each class. None waits for longer than a lower
 * one.
 */
export function expectedWaitSeconds(
  waits: readonly Expectation[],
  stages: readonly string[],
): Readonly<Record<Priority, number>> {
  const passed = waits.filter(({ name }) => name === 'intake' || stages.includes(name))
  let longest = 0
  const entries = priorities.map((priority): [Priority, number] => {
    const own = passed.reduce(
      (sum, { waitSeconds, waitSecondsOf }) => sum + (waitSecondsOf?.[priority] ?? waitSeconds),
      0,
    )
    longest = Math.max(longest, own)
    return [priority, longest]
  })
  return Object.fromEntries(entries) as Record<Priority, number>
}
