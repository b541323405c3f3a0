// Which messages may be what ends the processes that have them? Those that were in hand each time,
// found by parts of a sixteenth.
//
// A partition is watched after one death: its replica writes down how far it has taken messages.
// After a second death with some of the same messages in hand, these are suspect: a part of them is
// in hand with nothing else in the replica. A process that ends then leaves that part as the
// suspects, until it is a single message.
import type { Failure } from './dead-letter.ts'

export interface Partition {
  readonly topic: string
  readonly partition: number
}

export interface Place extends Partition {
  readonly offset: string
}

/** Messages that were, or are, in hand with nothing beside them: offsets, the last one excluded. */
export interface Trial extends Partition {
  readonly from: string
  readonly to: string
  /** Of a single message, which try it is; 0 for several. */
  readonly tries: number
}

/** What is known of a partition when it is taken. */
export interface PartitionHeld extends Partition {
  /** Processes that lost it without letting go of it, and have not been heard of since. */
  readonly deaths: number
  /** Since the last of them lost it. */
  readonly quietForMs: number
  /** The first offset that was not in hand at one of the deaths. */
  readonly until: string | undefined
  /** What the last of them had in hand, if that was a trial. */
  readonly trial: Trial | undefined
}

export interface Quarantine {
  /** How far messages are taken must be written down first. */
  watched(partition: Partition): boolean
  /** Whether it is suspect is not decided yet: no message of it may be taken. */
  pending(partition: Partition): boolean
  /**
   * The messages, from this one on, that are to be in hand with nothing else; undefined where the
   * partition is not suspect.
   */
  trialOf(message: Place): Trial | undefined
  /**
   * Whether a trial of it waits for all of its messages. After the fewest deaths that make it
   * suspect these are most likely nobody's fault but that of pods that come and go.
   */
  patient(partition: Partition): boolean
  /** Why the messages of a trial are not to be handled at all. */
  verdictOn(trial: Trial): Failure | undefined
  /**
   * Whether everything that could have ended its processes lies before this offset. True of a
   * partition that is not watched.
   */
  isPast(partition: Partition, offset: bigint): boolean
  /**
   * The end of the partition as it was when it was first fetched; what `isPast` goes by after a
   * first death.
   */
  sawEnd(partition: Partition, highWatermark: string): string
  /** The partition is past whatever ended its processes. */
  clear(partition: Partition): void
  /**
   * Makes the pending ones suspect, or not. `suspects`: partitions of the whole stage with several
   * deaths.
   */
  decide(held: readonly PartitionHeld[], suspects: number, random?: () => number): void
  /** Those that are suspect. */
  readonly partitions: readonly Partition[]
}

/** One process may end for any reason. */
export const deathsForSuspicion = 2
const triesOfOne = 2
/**
 * Of a stage, at once. One message is in one partition. Where many are suspect it is rather the
 * process or its node that is at fault, and handling all of them in parts would slow the stage down
 * when its backlog is largest; so chance decides which are.
 */
export const maxSuspects = 8
/**
 * More parts cost more commits, fewer parts more deaths: 1,000 messages take at most 48 of the
 * former and 4 of the latter.
 */
const partsOfTrial = 16n

interface Watch extends Partition {
  until: bigint | undefined
  state: 'watched' | 'pending' | 'suspect'
  /** Messages in a trial. */
  size: bigint
  deaths: number
  /** A message that alone ended a process. */
  marked: { readonly offset: bigint; readonly tries: number } | undefined
}

export function createQuarantine(held: readonly PartitionHeld[]): Quarantine {
  const watches = new Map<string, Watch>()
  for (const { topic, partition, deaths, until } of held) {
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
  const stateOf = (partition: Partition): Watch['state'] | undefined => watches.get(keyOf(partition))?.state

  return {
    watched: (partition) => watches.size > 0 && watches.has(keyOf(partition)),
    pending: (partition) => watches.size > 0 && stateOf(partition) === 'pending',
    trialOf: ({ topic, partition, offset }) => {
      const watch = watches.get(keyOf({ topic, partition }))
      if (watch?.state !== 'suspect' || watch.until === undefined) return undefined
      const from = BigInt(offset)
      if (from >= watch.until) return undefined
      if (watch.size === 0n) watch.size = partOf(watch.until - from)
      const to = min(from + watch.size, watch.until)
      const before = watch.marked?.offset === from ? watch.marked.tries : 0
      return { topic, partition, from: offset, to: String(to), tries: to === from + 1n ? before + 1 : 0 }
    },
    patient: (partition) => (watches.get(keyOf(partition))?.deaths ?? 0) > deathsForSuspicion,
    verdictOn: ({ tries }) =>
      tries > triesOfOne ? { error: new CrashedItsProcess(tries - 1), attempts: tries - 1 } : undefined,
    isPast: (partition, offset) => {
      const watch = watches.get(keyOf(partition))
      return watch === undefined || (watch.until !== undefined && offset >= watch.until)
    },
    sawEnd: (partition, highWatermark) => {
      const watch = watches.get(keyOf(partition))
      if (!watch) return highWatermark
      watch.until ??= BigInt(highWatermark)
      return String(watch.until)
    },
    clear: (partition) => {
      watches.delete(keyOf(partition))
    },
    decide: (rows, suspects, random = Math.random) => {
      for (const { deaths, until, trial, ...partition } of rows) {
        const watch = watches.get(keyOf(partition))
        if (watch?.state !== 'pending') continue
        const chosen = suspects <= maxSuspects || random() < maxSuspects / suspects
        watch.state = deaths >= deathsForSuspicion && chosen ? 'suspect' : 'watched'
        watch.size = 0n
        watch.deaths = deaths
        const upper = trial?.to ?? until
        if (upper !== undefined) watch.until = BigInt(upper)
        if (trial && trial.tries > 0) watch.marked = { offset: BigInt(trial.from), tries: trial.tries }
      }
      // What the database does not know any more is not to be waited for.
      for (const watch of watches.values()) if (watch.state === 'pending') watch.state = 'watched'
    },
    get partitions() {
      return [...watches.values()]
        .filter(({ state }) => state === 'suspect')
        .map(({ topic, partition }) => ({ topic, partition }))
    },
  }
}

const partOf = (messages: bigint): bigint => (messages + partsOfTrial - 1n) / partsOfTrial
const min = (one: bigint, other: bigint): bigint => (one < other ? one : other)

/** The process did not live to say what was wrong with the message. */
export class CrashedItsProcess extends Error {
  override readonly name = 'CrashedItsProcess'
  readonly reason = 'CrashedItsProcess'
  readonly retry = false
  constructor(tries: number) {
    super(`crashed its process ${tries === 2 ? 'twice' : `${tries} times`} while it alone was in hand`)
  }
}

const keyOf = ({ topic, partition }: Partition): string => `${topic}/${partition}`
