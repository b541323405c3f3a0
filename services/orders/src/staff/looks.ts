// How is it kept which of the staff looked at which order, without a write for each read? Looks
// wait in a bounded queue, one entry for each person and order, and are written together. A look
// that the queue has no place for is refused to the caller: no order is shown whose look would not
// be kept.
import { backoffMs, sleep } from '@orderpipeline/retry'
import type { Queryable } from '@orderpipeline/postgres'
import type { Logger } from '@orderpipeline/process'
import { addLooks } from '../sql/staff.ts'

export interface LooksOptions {
  /** Under the orders' role. */
  readonly database: Queryable
  readonly now: () => Date
  readonly logger: Logger
  /** The time from a look until it is written. */
  readonly flushMs?: number
  /** Entries that wait; further looks are refused. */
  readonly maxWaiting?: number
  /** The time that `close` takes at most, where the database does not answer. */
  readonly closeMs?: number
}

export interface Looks {
  /**
   * Returns false where there is no place: then the orders must not be shown. All of them or none.
   */
  add(staff: string, orderIds: readonly string[]): boolean
  /** Resolves once every look is written, or cannot be. */
  close(): Promise<void>
}

interface Entry {
  readonly orderId: string
  readonly staff: string
  count: number
  lastAt: Date
}

const backoff = { firstMs: 200, maxMs: 10_000 }
/** Entries of one statement. */
const batchSize = 1_000

export function createLooks(options: LooksOptions): Looks {
  return new LookQueue(options)
}

class LookQueue implements Looks {
  readonly #options: LooksOptions
  readonly #entries = new Map<string, Entry>()
  readonly #closing = new AbortController()
  #writing: Promise<void> | undefined
  #writingEntries = 0

  constructor(options: LooksOptions) {
    this.#options = options
  }

  add(staff: string, orderIds: readonly string[]): boolean {
    const { now, maxWaiting = 10_000 } = this.#options
    const keys = new Map(orderIds.map((orderId) => [keyOf(staff, orderId), orderId]))
    const fresh = [...keys.keys()].filter((key) => !this.#entries.has(key))
    if (this.#closing.signal.aborted) return false
    if (this.#entries.size + this.#writingEntries + fresh.length > maxWaiting) return false
    for (const [key, orderId] of keys) this.#note(key, { orderId, staff, count: 1, lastAt: now() })
    this.#writing ??= this.#write()
    return true
  }

  async close(): Promise<void> {
    this.#closing.abort()
    await this.#writing
    for (const { orderId, staff, count } of this.#entries.values())
      this.#options.logger.error({ orderId, staff, looks: count }, 'a look at an order could not be stored')
  }

  #note(key: string, entry: Entry): void {
    const previous = this.#entries.get(key)
    if (!previous) return void this.#entries.set(key, entry)
    previous.count += entry.count
    if (entry.lastAt > previous.lastAt) previous.lastAt = entry.lastAt
  }

  /** Until nothing waits; after `close` without a pause before each attempt but the backoff. */
  async #write(): Promise<void> {
    const { flushMs = 1_000, closeMs = 5_000, logger } = this.#options
    const { signal } = this.#closing
    let giveUpAt = Infinity
    await sleep(flushMs, signal)
    for (let failures = 0; this.#entries.size > 0;) {
      if (signal.aborted && giveUpAt === Infinity) giveUpAt = performance.now() + closeMs
      try {
        await this.#flush()
        failures = 0
      } catch (error) {
        failures++
        logger.warn({ error, orders: this.#entries.size }, 'looks at orders could not be stored; trying again')
        if (performance.now() > giveUpAt) break
        await (signal.aborted ? sleep(backoff.firstMs) : sleep(backoffMs(failures, backoff), signal))
        continue
      }
      if (this.#entries.size > 0 && this.#entries.size < batchSize) await sleep(flushMs, signal)
    }
    this.#writing = undefined
  }

  /** A look whose statement was committed and not confirmed is counted twice, and never lost. */
  async #flush(): Promise<void> {
    const batch = [...this.#entries].slice(0, batchSize)
    for (const [key] of batch) this.#entries.delete(key)
    this.#writingEntries = batch.length
    try {
      const entries = batch.map(([, entry]) => entry)
      await this.#options.database.query(addLooks, [
        entries.map(({ orderId }) => orderId),
        entries.map(({ staff }) => staff),
        entries.map(({ count }) => count),
        entries.map(({ lastAt }) => lastAt),
      ])
    } catch (error) {
      for (const [key, entry] of batch) this.#note(key, entry)
      throw error
    } finally {
      this.#writingEntries = 0
    }
  }
}

function keyOf(staff: string, orderId: string): string {
  return `${orderId.toLowerCase()} ${staff}`
}
