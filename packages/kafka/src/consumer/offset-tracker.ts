// How far may a partition's offset be committed? Up to the first message that is not done, whatever
// has been done after it.

interface Entry {
  readonly offset: bigint
  isFinished: boolean
}

interface Track {
  readonly topic: string
  readonly partition: number
  /** In offset order; those before `head` are done and counted into `next`. */
  entries: Entry[]
  head: number
  /** The offset to commit: that of the first message not done. */
  next: bigint | undefined
  committed: bigint | undefined
  highWatermark: bigint
}

export interface OffsetToCommit {
  readonly topic: string
  readonly partition: number
  readonly offset: string
}

export interface OffsetTracker {
  /**
   * Records a message as in flight, in offset order for its partition. Call the result once, when
   * the message is done.
   */
  take(topic: string, partition: number, offset: string): () => void
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

export function createOffsetTracker(): OffsetTracker {
  const tracks = new Map<string, Track>()
  const trackOf = (topic: string, partition: number): Track => {
    const key = `${topic}/${partition}`
    let track = tracks.get(key)
    if (!track) {
      track = { topic, partition, entries: [], head: 0, next: undefined, committed: undefined, highWatermark: 0n }
      tracks.set(key, track)
    }
    return track
  }

  return {
    take: (topic, partition, offset) => {
      const track = trackOf(topic, partition)
      const entry: Entry = { offset: BigInt(offset), isFinished: false }
      track.entries.push(entry)
      return () => {
        entry.isFinished = true
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
      [...tracks.values()]
        .filter(({ next, committed }) => next !== undefined && next !== committed)
        .map(({ topic, partition, next }) => ({ topic, partition, offset: String(next) })),
    committed: (offsets) => {
      for (const { topic, partition, offset } of offsets) trackOf(topic, partition).committed = BigInt(offset)
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

function advance(track: Track): void {
  let entry = track.entries[track.head]
  while (entry?.isFinished) {
    track.next = entry.offset + 1n
    entry = track.entries[++track.head]
  }
  if (track.head > 1_000 || track.head === track.entries.length) {
    track.entries = track.entries.slice(track.head)
    track.head = 0
  }
}
