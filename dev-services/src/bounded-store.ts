// How are the last mails and traces kept without growing? By key, in the order in which they came,
// up to a number and a sum of bytes; the oldest is dropped first. Pure.

export interface Bounds {
  readonly count: number
  readonly bytes: number
}

interface Entry<T> {
  readonly value: T
  readonly bytes: number
}

export class BoundedStore<T> {
  readonly #bounds: Bounds
  readonly #entries = new Map<string, Entry<T>>()
  #bytes = 0
  #dropped = 0

  constructor(bounds: Bounds) {
    this.#bounds = bounds
  }

  get count(): number {
    return this.#entries.size
  }
  get bytes(): number {
    return this.#bytes
  }
  /** Entries that were dropped for newer ones, or were too large. */
  get dropped(): number {
    return this.#dropped
  }

  get(key: string): T | undefined {
    return this.#entries.get(key)?.value
  }

  /** The newest first. */
  newest(limit: number): readonly T[] {
    return [...this.#entries.values()]
      .slice(-limit)
      .reverse()
      .map(({ value }) => value)
  }

  /** An entry of this key keeps its age. */
  put(key: string, value: T, bytes: number): void {
    this.#bytes += bytes - (this.#entries.get(key)?.bytes ?? 0)
    this.#entries.set(key, { value, bytes })
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size <= this.#bounds.count && this.#bytes <= this.#bounds.bytes) return
      this.remove(oldest)
      this.#dropped += 1
    }
  }

  remove(key: string): void {
    this.#bytes -= this.#entries.get(key)?.bytes ?? 0
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
    this.#bytes = 0
  }
}
