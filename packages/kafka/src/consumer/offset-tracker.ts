// How far may a partition's offset be committed? Up to the first message that is not done, whatever
// has been done after it.
import { doneAhead } from './ahead-of-offset.ts'
import type { Ahead } from './ahead-of-offset.ts'

interface Entry {
  readonly offset: bigint
  readonly laneOf: () => number
  isFinished: boolean
}

interface Track {
  readonly topic: string
  readonly partition: number
  /** In offset order; those before `head` are done and counted into `next`. */
  entries: Entry[]
  head: number
  /** Those from `head` on. */
  doneCount: number
  /** The offset to commit: that of the first message not done. */
  next: bigint | undefined
  committed: OffsetToCommit | undefined
  highWatermark: bigint
}

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: string
  /** Absent where nothing is ahead of it, and without classes. */
  readonly ahead?: Ahead
}

export interface OffsetTracker {
  /**
   * Records a message as in flight, in offset order for its partition. Call the result once, when
   * the message is done. `laneOf`: the position of its class; by default the highest.
   */
  take(topic: string, partition: number, offset: string, laneOf?: () => number): () => void
  /** The partition's end, as the broker last reported it. */
  recordEnd(topic: string, partition: number, highWatermark: string): void
  /**
   * The partition's first message that is not done, or the one to come next; undefined where none
   * was taken.
   */
  firstUnfinished(topic: string, partition: number): bigint | undefined
  /** Messages taken, from the first that is not done on, whether done or not. */
  takenCount(topic: string, partition: number): number
  /** What has moved since the last call to `committed`. */
  committable(): OffsetToCommit[]
  committed(offsets: readonly OffsetToCommit[]): void
  /** Messages known to be there and not done, by topic. */
  lag(): Map<string, number>
}

/** `classes`: those of a stage with lanes, the highest first. */
export function createOffsetTracker(classes: readonly string[] = []): OffsetTracker {
  const tracks = new Map<string, Track>()
  const trackOf = (topic: string, partition: number): Track => {
    const key = `${topic}/${partition}`
    let track = tracks.get(key)
    if (!track) {
      track = emptyTrack(topic, partition)
      tracks.set(key, track)
    }
    return track
  }

  return {
    take: (topic, partition, offset, laneOf = highest) => {
      const track = trackOf(topic, partition)
      const entry: Entry = { offset: BigInt(offset), laneOf, isFinished: false }
      track.entries.push(entry)
      return () => {
        entry.isFinished = true
        track.doneCount++
        advance(track)
      }
    },
    recordEnd: (topic, partition, highWatermark) => {
      trackOf(topic, partition).highWatermark = BigInt(highWatermark)
    },
    firstUnfinished: (topic, partition) => {
      const track = tracks.get(`${topic}/${partition}`)
      return track && (track.entries[track.head]?.offset ?? track.next)
    },
    takenCount: (topic, partition) => {
      const track = tracks.get(`${topic}/${partition}`)
      return track ? track.entries.length - track.head : 0
    },
    committable: () =>
      [...tracks.values()].flatMap((track) => {
        const offset = offsetToCommit(track, classes)
        return offset && !isSame(offset, track.committed) ? [offset] : []
      }),
    committed: (offsets) => {
      for (const offset of offsets) trackOf(offset.topic, offset.partition).committed = offset
    },
    lag: () => {
      const lags = new Map<string, number>()
      for (const track of tracks.values()) {
        const position = track.entries[track.head]?.offset ?? track.next ?? track.highWatermark
        const behind = Math.max(0, Number(track.highWatermark - position))
        lags.set(track.topic, (lags.get(track.topic) ?? 0) + behind)
      }
      return lags
    },
  }
}

function highest(): number {
  return 0
}

function emptyTrack(topic: string, partition: number): Track {
  return {
    ...{ topic, partition, entries: [], head: 0, doneCount: 0 },
    ...{ next: undefined, committed: undefined, highWatermark: 0n },
  }
}

function offsetToCommit(track: Track, classes: readonly string[]): OffsetToCommit | undefined {
  const { topic, partition } = track
  const position = track.next ?? track.entries[track.head]?.offset
  if (position === undefined) return undefined
  const ahead = aheadOf(track, position, classes)
  if (ahead.size === 0 && track.next === undefined) return undefined
  return { topic, partition, offset: String(position), ...(ahead.size === 0 ? {} : { ahead }) }
}

/** A class is as far as the first unfinished message that is of it or of a higher one. */
function aheadOf({ entries, head, doneCount }: Track, position: bigint, classes: readonly string[]): Ahead {
  const ahead = new Map<string, number>()
  const last = entries.at(-1)
  if (!last || classes.length === 0) return ahead
  // The first so many classes are not held back by what was looked at. The lowest is where the
  // offset is.
  let free = classes.length - 1
  const holdBack = (from: number, offset: bigint): void => {
    const count = Number(offset - position)
    for (; free > from; free--) if (count > 0) ahead.set(classes[free - 1]!, count)
  }
  for (let index = head; index < entries.length && free > 0; index++) {
    const { isFinished, laneOf, offset } = entries[index]!
    if (!isFinished) holdBack(laneOf(), offset)
  }
  holdBack(0, last.offset + 1n)
  if (doneCount > 0) ahead.set(doneAhead, doneCount)
  return ahead
}

function isSame(one: OffsetToCommit, other: OffsetToCommit | undefined): boolean {
  if (one.offset !== other?.offset || one.ahead?.size !== other.ahead?.size) return false
  return one.ahead === undefined || [...one.ahead].every(([name, count]) => other.ahead?.get(name) === count)
}

function advance(track: Track): void {
  let entry = track.entries[track.head]
  while (entry?.isFinished) {
    track.doneCount--
    track.next = entry.offset + 1n
    entry = track.entries[++track.head]
  }
  if (track.head > 1_000 || track.head === track.entries.length) {
    track.entries = track.entries.slice(track.head)
    track.head = 0
  }
}
