// How do many messages in flight share one transaction and one publication, in order, while a bad
// message is cut out alone?
//
// One transaction runs at a time and takes all messages that are waiting, so messages keep the
// order in which they came and batches grow with load. While a batch is being published the next
// transaction already runs; publications never overlap. A message that fails by itself waits in the
// retry queue, with the later messages of its key behind it.
import { backoffMs } from '@orderpipeline/retry'
import type { Backoff } from '@orderpipeline/retry'
import { createRetryQueue } from './retry-queue.ts'
import type { RetryEntry } from './retry-queue.ts'
import { RetryAbortedError, outageBackoff, pause } from '../consumer/backoff.ts'
import type { Failure } from '../dead-letters/dead-letter.ts'
import { errorOf, stallOf, failureVerdict } from '../client/failure.ts'
import type { Stall } from '../client/failure.ts'
import { GroupQueue } from './group-queue.ts'
import type { Group } from './group-queue.ts'
import { createLockPatience } from './lock-patience.ts'
import type { LogFields } from './log-fields.ts'
import type { OutgoingRecord } from '../client/records.ts'

export interface Entry<Item> extends RetryEntry {
  /** The item for the transaction, or why there is none. */
  readonly outcome: { readonly item: Item } | { readonly failure: Failure }
  /** Called once, when the effect is committed and its events are published. */
  readonly finish: () => void
  /** What a log line says about it. */
  readonly about: LogFields
  /** The record that says the message was given up on. */
  readonly deadLetter: (failure: Failure) => OutgoingRecord
}

export interface GroupCommitOptions<Item> {
  /** One transaction: effects of all, or of none. */
  readonly effect: (items: readonly Item[]) => Promise<Effect<Item>>
  readonly publish: (records: readonly OutgoingRecord[]) => Promise<void>
  /** Called with the items whose kept records are published. */
  readonly onPublished: (items: readonly Item[]) => void
  readonly maxGroup: number
  /** Tries of one message before it is given up on. */
  readonly attempts: number
  /** Between the tries of one message. */
  readonly backoff: Backoff
  /** How long a message waits for a lock, while others go through, before it is given up on. */
  readonly stalledForMs: number
  /** Aborts when the process waits for no later try. */
  readonly draining: AbortSignal
  /** Aborts when there is no time left; messages in flight are then left to redelivery. */
  readonly abandon: AbortSignal
  readonly on: {
    readonly group: (size: number, seconds: number) => void
    readonly retry: (
      what: 'transaction' | 'publication',
      error: Error,
      failures: number,
      about: readonly LogFields[],
    ) => void
    readonly published: (records: readonly OutgoingRecord[]) => void
    readonly deadLetter: (failure: Failure, about: LogFields) => void
  }
}

export interface GroupCommit<Item> {
  add(entry: Entry<Item>): void
}

export interface Effect<Item> {
  /** What is to be published, in order. */
  readonly records: readonly OutgoingRecord[]
  /** The items whose records the database keeps until `published` is called with them. */
  readonly storedItems: readonly Item[]
}

/** Between the tries of a whole group that met another transaction, which is over soon. */
const contentionBackoff: Backoff = { firstMs: 20, maxMs: 500 }

/** After a stall, which has itself taken time. */
const stallBackoff: Backoff = { firstMs: 100, maxMs: 1_000 }

/**
 * The outcome of a group: what is to be published, and which entries end with it. Entries in the
 * retry queue are in neither.
 */
interface Outcome<Item> extends Effect<Item> {
  readonly endedEntries: readonly Entry<Item>[]
}

export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  return new OpenGroupCommit<Item>(options).port()
}

class OpenGroupCommit<Item> {
  readonly #options: GroupCommitOptions<Item>
  readonly #abandon: AbortSignal
  readonly #attempts: number
  readonly #on: GroupCommitOptions<Item>['on']
  readonly #queue: GroupQueue<Entry<Item>>
  #running = false
  #publication: Promise<void> = Promise.resolve()
  readonly #failuresOf = new WeakMap<Entry<Item>, number>()
  readonly #stallsOf = new WeakMap<
    Entry<Item>,
    { readonly count: number; readonly commits: number; readonly since: number }
  >()
  readonly #patience = createLockPatience()
  #commits = 0
  #stalls = 0

  constructor(options: GroupCommitOptions<Item>) {
    this.#options = options
    const { abandon, attempts, on } = options
    this.#abandon = abandon
    this.#attempts = attempts
    this.#on = on
    const retryQueue = createRetryQueue<Entry<Item>>(() => this.#start(), options.draining)
    this.#queue = new GroupQueue(retryQueue, options.maxGroup)
  }

  port(): GroupCommit<Item> {
    return {
      add: (entry) => {
        this.#queue.add(entry)
        this.#start()
      },
    }
  }

  #start(): void {
    if (this.#running || this.#abandon.aborted) return
    this.#running = true
    // Not before this turn of the event loop ends: messages that were fetched together share a
    // group.
    setImmediate(() => {
      this.#run().catch((error: unknown) => {
        if (!(error instanceof RetryAbortedError)) throw error
        this.#queue.clear()
      })
    })
  }

  async #run(): Promise<void> {
    let group = this.#queue.next()
    // A message that comes while the last publication is under way must not wait for a further
    // message to start the next group.
    for (; group.entries.length > 0; await this.#publication, group = this.#queue.next()) {
      for (; group.entries.length > 0; group = this.#queue.next()) {
        const startedAt = performance.now()
        const outcome = await this.#outcomeOf(group)
        this.#on.group(group.entries.length, (performance.now() - startedAt) / 1_000)
        await this.#publication
        this.#publication = this.#publishAll(outcome)
        // The next await sees its failure; without this, Node would take it for unhandled.
        this.#publication.catch(() => undefined)
      }
    }
    // In the same step as the last look at the queues, so that nothing comes in between.
    this.#running = false
  }

  async #outcomeOf(group: Group<Entry<Item>>): Promise<Outcome<Item>> {
    const { entries } = group
    const outcome = await this.#transaction(group)
    if (outcome === 'halve') {
      this.#queue.halve(entries)
      return emptyOutcome
    }
    const failedEntries = entries.filter((entry) => 'failure' in entry.outcome)
    const deadLetters = failedEntries.flatMap((entry) =>
      'failure' in entry.outcome ? [this.#giveUp(entry, entry.outcome.failure)] : [],
    )
    return {
      ...outcome,
      records: [...outcome.records, ...deadLetters],
      endedEntries: [...outcome.endedEntries, ...failedEntries],
    }
  }

  async #transaction({ entries, suspected }: Group<Entry<Item>>): Promise<Outcome<Item> | 'halve'> {
    const group = entries.filter(({ outcome }) => 'item' in outcome)
    const items = group.flatMap(({ outcome }) => ('item' in outcome ? [outcome.item] : []))
    if (items.length === 0) return emptyOutcome
    for (let failures = 0, outages = 0, waits = 0; ;) {
      const startedAt = performance.now()
      try {
        const effect = await this.#options.effect(items)
        this.#commits++
        this.#stalls = 0
        this.#patience.wentThrough(performance.now() - startedAt)
        return { ...effect, endedEntries: group }
      } catch (thrown) {
        const error = errorOf(thrown)
        const verdict = failureVerdict(error)
        const stall = stallOf(error)
        if (this.#abandon.aborted) throw new RetryAbortedError('no time left for another attempt', { cause: error })
        if (stall) {
          if (stall === 'lock') this.#patience.stalled(performance.now() - startedAt)
          this.#on.retry('transaction', error, ++this.#stalls, aboutOf(group))
          await pause(backoffMs(this.#stalls, stallBackoff), this.#abandon)
          if (group.length === 1) return this.#stalledAlone(group[0]!, error, stall)
          if (stall === 'time' || ++waits >= this.#patience.tries(suspected)) return 'halve'
          continue
        }
        if (verdict === 'outage') {
          this.#on.retry('transaction', error, ++outages, aboutOf(group))
          await pause(backoffMs(outages, outageBackoff), this.#abandon)
          continue
        }
        if (group.length === 1) return this.#failedAlone(group[0]!, error, verdict === 'never')
        if (verdict !== 'retry' || ++failures >= this.#attempts || suspected) return 'halve'
        this.#on.retry('transaction', error, failures, aboutOf(group))
        await pause(backoffMs(failures, contentionBackoff), this.#abandon)
      }
    }
  }

  /**
   * It waits in the retry queue, so that other messages go on. It is at fault only where others
   * went through meanwhile: when it takes too long again, or waits for a lock for so long that the
   * offset of its partition stands still.
   */
  #stalledAlone(entry: Entry<Item>, error: Error, stall: Stall): Outcome<Item> {
    const before = this.#stallsOf.get(entry)
    const count = (before?.count ?? 0) + 1
    const since = before?.since ?? performance.now()
    this.#stallsOf.set(entry, { count, commits: this.#commits, since })
    if (before && this.#commits > before.commits) {
      if (stall === 'time') return this.#failedAlone(entry, error, false)
      if (performance.now() - since >= this.#options.stalledForMs) return this.#failedAlone(entry, error, true)
    }
    this.#queue.retry(entry, backoffMs(count, this.#options.backoff))
    return emptyOutcome
  }

  #failedAlone(entry: Entry<Item>, error: Error, forGood: boolean): Outcome<Item> {
    const failures = (this.#failuresOf.get(entry) ?? 0) + 1
    if (forGood || failures >= this.#attempts)
      return { records: [this.#giveUp(entry, { error, attempts: failures })], storedItems: [], endedEntries: [entry] }
    this.#failuresOf.set(entry, failures)
    this.#on.retry('transaction', error, failures, [entry.about])
    this.#queue.retry(entry, backoffMs(failures, this.#options.backoff))
    return emptyOutcome
  }

  #giveUp(entry: Entry<Item>, failure: Failure): OutgoingRecord {
    this.#on.deadLetter(failure, entry.about)
    return entry.deadLetter(failure)
  }

  async #publishAll({ records, storedItems: items, endedEntries: entries }: Outcome<Item>): Promise<void> {
    for (let failures = 1; records.length > 0; failures++) {
      try {
        await this.#options.publish(records)
        this.#on.published(records)
        break
      } catch (thrown) {
        const error = errorOf(thrown)
        if (this.#abandon.aborted) throw new RetryAbortedError('no time left to publish again', { cause: error })
        this.#on.retry('publication', error, failures, aboutOf(entries))
        await pause(backoffMs(failures, outageBackoff), this.#abandon)
      }
    }
    this.#options.onPublished(items)
    for (const entry of entries) this.#queue.end(entry, entry.finish)
  }
}

function aboutOf<Item>(entries: readonly Entry<Item>[]): readonly LogFields[] {
  return entries.map(({ about }) => about)
}

const emptyOutcome = { records: [], storedItems: [], endedEntries: [] } as const
