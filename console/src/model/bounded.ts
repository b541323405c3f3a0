// How is a history kept from growing? A ring of so many entries; the oldest goes when another
// comes.

export class Bounded<Entry> {
  readonly #limit: number
  readonly #entries: Entry[] = []
  #first = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  add(entry: Entry): void {
    if (this.#entries.length < this.#limit) {
      this.#entries.push(entry)
      return
    }
    this.#entries[this.#first] = entry
    this.#first = (this.#first + 1) % this.#limit
  }

  get length(): number {
    return this.#entries.length
  }

  /** Oldest first. */
  list(): Entry[] {
    return [...this.#entries.slice(this.#first), ...this.#entries.slice(0, this.#first)]
  }
}
