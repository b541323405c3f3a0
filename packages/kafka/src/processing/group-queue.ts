// Which messages are the next group? Those that wait, in order; in halves where a group of them
// failed; and one that is tried again, alone.
import type { RetryEntry, RetryQueue } from './retry-queue.ts'

export interface Group<Entry> {
  readonly entries: readonly Entry[]
  /**
   * Part of a group that failed, or tried again: to try it together once more would show nothing.
   */
  readonly suspected: boolean
}

const emptyGroup = { entries: [], suspected: false } as const

export class GroupQueue<Entry extends RetryEntry> {
  readonly #retryQueue: RetryQueue<Entry>
  readonly #maxGroup: number
  #waiting: Entry[] = []
  /** The sizes of the next groups, where one failed: the entry at fault is found by halving. */
  #parts: number[] = []
  #lastWasRetry = false

  constructor(retryQueue: RetryQueue<Entry>, maxGroup: number) {
    this.#retryQueue = retryQueue
    this.#maxGroup = maxGroup
  }

  add(entry: Entry): void {
    this.#waiting.push(entry)
  }

  /**
   * A message that is tried again is a group of its own, since it has failed before. However many
   * of them there are and however long they take, others get their turn in between.
   */
  next(): Group<Entry> {
    const others = this.#lastWasRetry ? this.#nextWaiting() : emptyGroup
    this.#lastWasRetry = false
    if (others.entries.length > 0) return others
    for (let entry = this.#retryQueue.nextDue(); entry; entry = this.#retryQueue.nextDue()) {
      this.#lastWasRetry = entry.live()
      if (this.#lastWasRetry) return { entries: [entry], suspected: true }
      this.end(entry, entry.leave)
    }
    return this.#nextWaiting()
  }

  /** The messages behind it are next: they came before all other waiting messages of its key. */
  end(entry: Entry, ending: () => void): void {
    const behind = this.#retryQueue.release(entry)
    if (behind.length > 0 && this.#parts.length > 0) this.#parts.unshift(behind.length)
    this.#backInFront(behind)
    ending()
  }

  /**
   * The halves run one after the other, so that order stays. A bad message is alone after
   * log2(group) steps, and the good ones are published meanwhile.
   */
  halve(entries: readonly Entry[]): void {
    const middle = entries.length >> 1
    this.#parts.unshift(middle, entries.length - middle)
    this.#backInFront(entries)
  }

  retry(entry: Entry, afterMs: number): void {
    this.#retryQueue.put(entry, afterMs)
  }

  /** What waits is left to redelivery. */
  clear(): void {
    this.#waiting = []
    this.#parts = []
  }

  #nextWaiting(): Group<Entry> {
    while (this.#waiting.length > 0) {
      const part = this.#parts.shift()
      const size = part ?? this.#maxGroup
      const entries = this.#waiting.slice(0, size).filter((entry) => !this.#retryQueue.takes(entry))
      this.#waiting = this.#waiting.slice(size)
      if (entries.length > 0) return { entries, suspected: part !== undefined }
    }
    return emptyGroup
  }

  #backInFront(entries: readonly Entry[]): void {
    this.#waiting = entries.concat(this.#waiting)
  }
}
