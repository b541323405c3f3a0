// How do many messages in hand share one transaction and one publication, in order, with a bad one
// cut out alone?
//
// One transaction runs at a time and takes whatever is waiting, so messages keep the order in which
// they came and batches grow with load. While a batch is being published the next one's transaction
// already runs; publications never overlap. One that fails by itself is tried again later, apart
// from the others, its key's later messages behind it.
import { createRetryQueue, type RetryQueue } from './retry-queue.ts'
import type { RetryEntry } from './retry-queue.ts'
import { Abandoned, delayMs, outageBackoff, pause } from './backoff.ts'
import type { Backoff } from './backoff.ts'
import type { Failure } from './dead-letter.ts'
import { errorOf, stallOf, verdictOn } from './failure.ts'
import type { Stall } from './failure.ts'
import { createLockPatience } from './lock-patience.ts'
import type { LogFields } from './log-fields.ts'
import type { OutgoingRecord } from './records.ts'

export interface Entry<Item> extends RetryEntry {
  /** What the transaction is given, or why there is nothing to give it. */
  readonly outcome: { readonly item: Item } | { readonly failure: Failure }
  /** Called once, when effect and events are out. */
  readonly done: () => void
  /** What a log line says about it. */
  readonly about: LogFields
  /** The record that says the message was given up on. */
  readonly deadLetter: (failure: Failure) => OutgoingRecord
}

export interface GroupCommitOptions<Item> {
  /** One transaction: effects of all, or of none. */
  readonly effect: (items: readonly Item[]) => Promise<Effect<Item>>
  readonly publish: (records: readonly OutgoingRecord[]) => Promise<void>
  /** Told which items' kept records are out. */
  readonly published: (items: readonly Item[]) => void
  readonly maxGroup: number
  /** Tries of one message before it is given up on. */
  readonly attempts: number
  /** Between the tries of one message. */
  readonly backoff: Backoff
  /** For how long one waits for a lock, while others go through, before it is given up on. */
  readonly stalledForMs: number
  /** Aborts when no later try is to be waited for. */
  readonly draining: AbortSignal
  /** Aborts when there is no time left; what is in hand then is left to redelivery. */
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
  /** The items whose records the database keeps until it is told that they are out. */
  readonly kept: readonly Item[]
}

/** Between the tries of a whole group that met another transaction: that one is over in no time. */
const contention: Backoff = { firstMs: 20, maxMs: 500 }

/** After a stall, which has taken its time already. */
const stalling: Backoff = { firstMs: 100, maxMs: 1_000 }

/**
 * What came of a group: what is to be published, and whose end that is. Those that are aside are in
 * neither.
 */
interface Outcome<Item> extends Effect<Item> {
  readonly ended: readonly Entry<Item>[]
}

interface Group<Item> {
  readonly entries: readonly Entry<Item>[]
  /** Part of one that failed, or tried again: trying it together once more would tell nothing. */
  readonly suspected: boolean
}

export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  return new OpenGroupCommit<Item>(options).port()
}

class OpenGroupCommit<Item> {
  readonly #options: GroupCommitOptions<Item>
  readonly #abandon: AbortSignal
  readonly #attempts: number
  readonly #on: GroupCommitOptions<Item>['on']
  #waiting: Entry<Item>[] = []
  /**
   * The sizes of the next groups, where one failed: whose doing it was is looked for by halving.
   */
  #parts: number[] = []
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
  readonly #aside: RetryQueue<Entry<Item>>
  #triedAgain = false

  constructor(options: GroupCommitOptions<Item>) {
    this.#options = options
    const { abandon, attempts, on } = options
    this.#abandon = abandon
    this.#attempts = attempts
    this.#on = on
    this.#aside = createRetryQueue<Entry<Item>>(() => this.#start(), options.draining)
  }

  port(): GroupCommit<Item> {
    return {
      add: (entry) => {
        this.#waiting.push(entry)
        this.#start()
      },
    }
  }

  #start(): void {
    if (this.#running || this.#abandon.aborted) return
    this.#running = true
    // Not before this turn of the event loop ends: messages that were fetched together travel
    // together.
    setImmediate(() => {
      this.#run().catch((error: unknown) => {
        if (!(error instanceof Abandoned)) throw error
        this.#waiting = []
        this.#parts = []
      })
    })
  }

  /**
   * One that is tried again goes alone: it has failed before. However many there are and long it
   * takes, others get their turn between.
   */
  #nextGroup(): Group<Item> {
    const others = this.#triedAgain ? this.#nextWaiting() : none
    this.#triedAgain = false
    if (others.entries.length > 0) return others
    for (let due = this.#aside.nextDue(); due; due = this.#aside.nextDue()) {
      this.#triedAgain = due.live()
      if (this.#triedAgain) return { entries: [due], suspected: true }
      this.#end(due, due.leave)
    }
    return this.#nextWaiting()
  }

  #nextWaiting(): Group<Item> {
    while (this.#waiting.length > 0) {
      const part = this.#parts.shift()
      const size = part ?? this.#options.maxGroup
      const entries = this.#waiting.slice(0, size).filter((entry) => !this.#aside.takes(entry))
      this.#waiting = this.#waiting.slice(size)
      if (entries.length > 0) return { entries, suspected: part !== undefined }
    }
    return none
  }

  #backInFront(entries: readonly Entry<Item>[]): void {
    this.#waiting = entries.concat(this.#waiting)
  }

  /** What waited behind it is next: it came before whatever else of its key is waiting. */
  #end(entry: Entry<Item>, ending: () => void): void {
    const behind = this.#aside.release(entry)
    if (behind.length > 0 && this.#parts.length > 0) this.#parts.unshift(behind.length)
    this.#backInFront(behind)
    ending()
  }

  async #run(): Promise<void> {
    let group = this.#nextGroup()
    // What comes while the last publication is under way must not wait for a further message to set
    // things going again.
    for (; group.entries.length > 0; await this.#publication, group = this.#nextGroup()) {
      for (; group.entries.length > 0; group = this.#nextGroup()) {
        const started = performance.now()
        const outcome = await this.#outcomeOf(group)
        this.#on.group(group.entries.length, (performance.now() - started) / 1_000)
        await this.#publication
        this.#publication = this.#publishAll(outcome)
        // Its failure is looked at by the next await; without this, Node would take it for
        // unhandled.
        this.#publication.catch(() => undefined)
      }
    }
    // In the same step as the last look at what waits, so that nothing comes in between.
    this.#running = false
  }

  async #outcomeOf(group: Group<Item>): Promise<Outcome<Item>> {
    const { entries } = group
    const outcome = await this.#transaction(group)
    if (outcome === 'halve') return this.#halved(entries)
    const dead = entries.filter((entry) => 'failure' in entry.outcome)
    const letters = dead.flatMap((entry) =>
      'failure' in entry.outcome ? [this.#giveUp(entry, entry.outcome.failure)] : [],
    )
    return { ...outcome, records: [...outcome.records, ...letters], ended: [...outcome.ended, ...dead] }
  }

  async #transaction({ entries, suspected }: Group<Item>): Promise<Outcome<Item> | 'halve'> {
    const group = entries.filter(({ outcome }) => 'item' in outcome)
    const items = group.flatMap(({ outcome }) => ('item' in outcome ? [outcome.item] : []))
    if (items.length === 0) return nothing
    for (let failures = 0, outages = 0, waits = 0; ;) {
      const begun = performance.now()
      try {
        const effect = await this.#options.effect(items)
        this.#commits++
        this.#stalls = 0
        this.#patience.wentThrough(performance.now() - begun)
        return { ...effect, ended: group }
      } catch (thrown) {
        const error = errorOf(thrown)
        const verdict = verdictOn(error)
        const stall = stallOf(error)
        if (this.#abandon.aborted) throw new Abandoned('no time left for another try', { cause: error })
        if (stall) {
          if (stall === 'lock') this.#patience.stalled(performance.now() - begun)
          this.#on.retry('transaction', error, ++this.#stalls, aboutOf(group))
          await pause(delayMs(this.#stalls, stalling), this.#abandon)
          if (group.length === 1) return this.#stalledAlone(group[0]!, error, stall)
          if (stall === 'time' || ++waits >= this.#patience.tries(suspected)) return 'halve'
          continue
        }
        if (verdict === 'outage') {
          this.#on.retry('transaction', error, ++outages, aboutOf(group))
          await pause(delayMs(outages, outageBackoff), this.#abandon)
          continue
        }
        if (group.length === 1) return this.#failedAlone(group[0]!, error, verdict === 'never')
        if (verdict !== 'retry' || ++failures >= this.#attempts || suspected) return 'halve'
        this.#on.retry('transaction', error, failures, aboutOf(group))
        await pause(delayMs(failures, contention), this.#abandon)
      }
    }
  }

  /**
   * One after the other, so that order stays; a bad message is alone after log2(group) rounds, and
   * the good ones are out meanwhile.
   */
  #halved(entries: readonly Entry<Item>[]): Outcome<Item> {
    const middle = entries.length >> 1
    this.#parts.unshift(middle, entries.length - middle)
    this.#backInFront(entries)
    return nothing
  }

  /**
   * It waits apart, so that those that can go on do. It is to blame only where others went through
   * meanwhile: for taking too long again, or for waiting for a lock for so long that its
   * partition's offset stands still.
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
    this.#aside.put(entry, delayMs(count, this.#options.backoff))
    return nothing
  }

  #failedAlone(entry: Entry<Item>, error: Error, forGood: boolean): Outcome<Item> {
    const failures = (this.#failuresOf.get(entry) ?? 0) + 1
    if (forGood || failures >= this.#attempts)
      return { records: [this.#giveUp(entry, { error, attempts: failures })], kept: [], ended: [entry] }
    this.#failuresOf.set(entry, failures)
    this.#on.retry('transaction', error, failures, [entry.about])
    this.#aside.put(entry, delayMs(failures, this.#options.backoff))
    return nothing
  }

  #giveUp(entry: Entry<Item>, failure: Failure): OutgoingRecord {
    this.#on.deadLetter(failure, entry.about)
    return entry.deadLetter(failure)
  }

  async #publishAll({ records, kept, ended }: Outcome<Item>): Promise<void> {
    for (let failures = 1; records.length > 0; failures++) {
      try {
        await this.#options.publish(records)
        this.#on.published(records)
        break
      } catch (thrown) {
        const error = errorOf(thrown)
        if (this.#abandon.aborted) throw new Abandoned('no time left to publish again', { cause: error })
        this.#on.retry('publication', error, failures, aboutOf(ended))
        await pause(delayMs(failures, outageBackoff), this.#abandon)
      }
    }
    this.#options.published(kept)
    for (const entry of ended) this.#end(entry, entry.done)
  }
}

const aboutOf = <Item>(entries: readonly Entry<Item>[]): readonly LogFields[] => entries.map(({ about }) => about)

const nothing = { records: [], kept: [], ended: [] } as const
const none = { entries: [], suspected: false } as const
