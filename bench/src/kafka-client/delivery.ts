// How long did messages stop? From what a consumer group has handled: the time in which it handled
// nothing at all, the longest pause of each partition, and what came twice or not at all. Pure.

export interface Delivery {
  /** Offsets handled, each counted once. */
  readonly handled: number
  readonly duplicates: number
  /** Milliseconds in gaps of more than `standstillFromMs` in which no partition moved. */
  readonly standstillMs: number
  /** The longest pause of any partition, milliseconds. */
  readonly longestPauseMs: number
  /** The mean over the partitions of the longest pause of each, milliseconds. */
  readonly meanPauseMs: number
  /** The mean over the partitions of the time in pauses of more than `standstillFromMs`. */
  readonly meanPausedMs: number
}

/** A shorter gap is one between two rounds of messages. */
export const standstillFromMs = 1_000

export interface DeliveryRecord {
  /** In offset order for each partition and owner; any order between owners. */
  handle(partition: number, offset: bigint): void
  /** Since the last call, the gaps that are still open included. */
  next(): Delivery
  /** Offsets handled since the beginning, each counted once. */
  readonly total: number
}

interface Track {
  end: bigint
  at: number
  longest: number
  /** In gaps of more than `standstillFromMs`. */
  paused: number
}

/** `now` gives milliseconds. Partitions begin at offset 0. */
export function deliveryRecord(partitions: number, now: () => number): DeliveryRecord {
  const startedAt = now()
  const tracks: Track[] = Array.from({ length: partitions }, () => ({ end: 0n, at: startedAt, longest: 0, paused: 0 }))
  let lastAt = startedAt
  let standstillMs = 0
  let duplicates = 0
  let total = 0
  let totalBefore = 0
  const closeGap = (at: number): void => {
    if (at - lastAt > standstillFromMs) standstillMs += at - lastAt
    lastAt = at
  }
  const closePause = (track: Track, at: number): void => {
    const pause = at - track.at
    track.longest = Math.max(track.longest, pause)
    if (pause > standstillFromMs) track.paused += pause
    track.at = at
  }
  const meanOf = (valueOf: (track: Track) => number): number =>
    tracks.reduce((sum, track) => sum + valueOf(track), 0) / partitions
  return {
    handle: (partition, offset) => {
      const track = tracks[partition]!
      const at = now()
      closeGap(at)
      closePause(track, at)
      if (offset < track.end) {
        duplicates++
        return
      }
      track.end = offset + 1n
      total++
    },
    next: () => {
      const at = now()
      closeGap(at)
      for (const track of tracks) closePause(track, at)
      const delivery = {
        handled: total - totalBefore,
        duplicates,
        standstillMs,
        longestPauseMs: Math.max(...tracks.map(({ longest }) => longest)),
        meanPauseMs: meanOf(({ longest }) => longest),
        meanPausedMs: meanOf(({ paused }) => paused),
      }
      for (const track of tracks) Object.assign(track, { longest: 0, paused: 0 })
      totalBefore = total
      standstillMs = duplicates = 0
      return delivery
    },
    get total() {
      return total
    },
  }
}
