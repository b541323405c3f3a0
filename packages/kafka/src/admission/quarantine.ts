// Which messages may be what ends the processes that handle them? Those that were in flight each
// time, narrowed down by parts: sixteen of all suspects of a replica together.
//
// A partition is watched after one death: its replica writes down how far it has taken messages.
// After a second death with some of the same messages in flight, these are suspect: a part of them
// is in flight with nothing else in the replica. A process that ends then leaves that part as the
// suspects, until it is a single message.
import type { Failure } from '../dead-letters/dead-letter.ts'

export interface Partition {
  readonly topic: string
  readonly partition: number
}

export interface MessagePosition extends Partition {
  readonly offset: string
}

/** Messages that were, or are, in flight alone: offsets, the last one excluded. */
export interface Trial extends Partition {
  readonly from: string
  readonly to: string
  /** For a single message, which try it is; 0 for several. */
  readonly tries: number
}

/** The record of a partition when it is taken. */
export interface PartitionRecord extends Partition {
  /** Processes that lost it without releasing it, and have not written since. */
  readonly deaths: number
  /** Since the last of them lost it. */
  readonly quietForMs: number
  /** The first offset that was not in flight at one of the deaths. */
  readonly until: string | undefined
  /** What the last of them had in flight, if that was a trial. */
  readonly trial: Trial | undefined
}

export interface Quarantine {
  /** How far its messages are taken must be written down first. */
  watched(partition: Partition): boolean
  /** It is not decided yet whether it is suspect: no message of it may be taken. */
  pending(partition: Partition): boolean
  /**
   * The messages, from this one on, that are to be in flight alone; undefined where the partition
   * is not suspect.
   */
  trialOf(message: MessagePosition): Trial | undefined
  /**
   * The failed tries of a message that waits for its next one, after which its trial no longer
   * waits for it. After the fewest deaths that make a partition suspect the cause is most likely no
   * message, but pods that come and go; so what waits is enough.
   */
  triesInTrial(partition: Partition): number
  /** Why the messages of a trial are not to be handled at all. */
  verdictOn(trial: Trial): Failure | undefined
  /**
   * Whether everything that could have ended its processes lies before this offset. True of a
   * partition that is not watched.
   */
  isPast(partition: Partition, offset: bigint): boolean
  /**
   * The end of the partition as it was when it was first fetched; `isPast` uses it after a first
   * death.
   */
  recordEnd(partition: Partition, highWatermark: string): string
  /** The partition is past whatever ended its processes. */
  clear(partition: Partition): void
  /**
   * Makes the pending ones suspect, or not. `suspectsOfStage`: its partitions with several deaths.
   */
  decide(ownedPartitions: readonly PartitionRecord[], suspectsOfStage: number, random?: () => number): void
  /** Those that are suspect. */
  readonly partitions: readonly Partition[]
  readonly hasSuspects: boolean
  /** Some are suspect, or it is not decided yet whether they are. */
  readonly active: boolean
}

/** One process may end for any reason. */
export const deathsForSuspicion = 2
const triesOfOne = 2
/**
 * The most suspect partitions of a stage at once. One message is in one partition. Where many are
 * suspect it is rather the process or its node that is at fault, and handling all of them in parts
 * would slow the stage down when its backlog is largest; so chance decides which are.
 */
export const maxSuspects = 8
/**
 * Parts of all suspects of a replica together, since it handles nothing but a part at a time: with
 * as many parts for each partition, eight suspect partitions would take eight times as long. More
 * parts cost more commits, fewer parts more deaths: 1,000 messages take at most 48 of the former
 * and 4 of the latter, in one partition or in eight.
 */
const partsOfTrial = 16
/** Parts of one partition; a single part would not narrow down the cause. */
const fewestParts = 2

interface Watch extends Partition {
  until: bigint | undefined
  state: 'watched' | 'pending' | 'suspect'
  /** Messages in a trial. */
  size: bigint
  deaths: number
  /** A message that alone ended a process. */
  marked: { readonly offset: bigint; readonly tries: number } | undefined
}

export function createQuarantine(ownedPartitions: readonly PartitionRecord[]): Quarantine {
  const watches = watchesOf(ownedPartitions)
  const stateOf = (partition: Partition): Watch['state'] | undefined => watches.get(keyOf(partition))?.state
  const suspects = (): Watch[] => [...watches.values()].filter(({ state }) => state === 'suspect')
  const partsOfEach = (): bigint => BigInt(Math.max(fewestParts, Math.ceil(partsOfTrial / suspects().length)))

  return {
    watched: (partition) => watches.size > 0 && watches.has(keyOf(partition)),
    pending: (partition) => watches.size > 0 && stateOf(partition) === 'pending',
    trialOf: ({ topic, partition, offset }) => {
      const watch = watches.get(keyOf({ topic, partition }))
      if (watch?.state !== 'suspect' || watch.until === undefined) return undefined
      const from = BigInt(offset)
      if (from >= watch.until) return undefined
      if (watch.size === 0n) watch.size = partOf(watch.until - from, partsOfEach())
      const to = min(from + watch.size, watch.until)
      const before = watch.marked?.offset === from ? watch.marked.tries : 0
      return { topic, partition, from: offset, to: String(to), tries: to === from + 1n ? before + 1 : 0 }
    },
    triesInTrial: (partition) => ((watches.get(keyOf(partition))?.deaths ?? 0) > deathsForSuspicion ? 2 : 0),
    verdictOn: ({ tries }) =>
      tries > triesOfOne ? { error: new ProcessCrashError(tries - 1), attempts: tries - 1 } : undefined,
    isPast: (partition, offset) => {
      const watch = watches.get(keyOf(partition))
      return watch === undefined || (watch.until !== undefined && offset >= watch.until)
    },
    recordEnd: (partition, highWatermark) => {
      const watch = watches.get(keyOf(partition))
      if (!watch) return highWatermark
      watch.until ??= BigInt(highWatermark)
      return String(watch.until)
    },
    clear: (partition) => {
      watches.delete(keyOf(partition))
    },
    decide: (rows, suspectsOfStage, random = Math.random) => {
      for (const { deaths, until, trial, ...partition } of rows) {
        const watch = watches.get(keyOf(partition))
        if (watch?.state !== 'pending') continue
        const isSelected = suspectsOfStage <= maxSuspects || random() < maxSuspects / suspectsOfStage
        decideWatch(watch, { deaths, until, trial }, isSelected)
      }
      // A partition that the database no longer knows is not to be waited for.
      for (const watch of watches.values()) if (watch.state === 'pending') watch.state = 'watched'
    },
    get partitions() {
      return suspects().map(({ topic, partition }) => ({ topic, partition }))
    },
    get hasSuspects() {
      return someWatch(watches, (state) => state === 'suspect')
    },
    get active() {
      return someWatch(watches, (state) => state !== 'watched')
    },
  }
}

function decideWatch(
  watch: Watch,
  { deaths, until, trial }: Pick<PartitionRecord, 'deaths' | 'until' | 'trial'>,
  isSelected: boolean,
): void {
  watch.state = deaths >= deathsForSuspicion && isSelected ? 'suspect' : 'watched'
  watch.size = 0n
  watch.deaths = deaths
  const upper = trial?.to ?? until
  if (upper !== undefined) watch.until = BigInt(upper)
  if (trial && trial.tries > 0) watch.marked = { offset: BigInt(trial.from), tries: trial.tries }
}

/** Called for each message that is taken. */
function someWatch(watches: ReadonlyMap<string, Watch>, of: (state: Watch['state']) => boolean): boolean {
  for (const { state } of watches.values()) if (of(state)) return true
  return false
}

function watchesOf(ownedPartitions: readonly PartitionRecord[]): Map<string, Watch> {
  const watches = new Map<string, Watch>()
  for (const { topic, partition, deaths, until } of ownedPartitions) {
    if (deaths === 0) continue
    watches.set(keyOf({ topic, partition }), {
      topic,
      partition,
      until: until === undefined ? undefined : BigInt(until),
      state: deaths < deathsForSuspicion ? 'watched' : 'pending',
      size: 1n,
      deaths,
      marked: undefined,
    })
  }
  return watches
}

function partOf(messages: bigint, parts: bigint): bigint {
  return (messages + parts - 1n) / parts
}
function min(one: bigint, other: bigint): bigint {
  return one < other ? one : other
}

/** The process ended before it could say what was wrong with the message. */
export class ProcessCrashError extends Error {
  override readonly name = 'ProcessCrashError'
  readonly reason = 'CrashedItsProcess'
  readonly retry = false
  constructor(tries: number) {
    super(`crashed its process ${tries === 2 ? 'twice' : `${tries} times`} while it alone was in flight`)
  }
}

function keyOf({ topic, partition }: Partition): string {
  return `${topic}/${partition}`
}
