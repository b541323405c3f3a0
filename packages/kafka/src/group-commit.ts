// How do many messages in hand share one transaction and one publication, in order, with a bad one
// cut out alone?
//
// One transaction runs at a time and takes whatever is waiting, so messages keep the order in which
// they came and batches grow with load. While a batch is being published the next one's transaction
// already runs; publications never overlap. One that fails by itself is tried again later, apart
// from the others, its key's later messages behind it.
import { createRetryQueue } from './retry-queue.ts'
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
  const { abandon, attempts, on } = options
  let waiting: Entry<Item>[] = []
  /**
   * The sizes of the next groups, where one failed: whose doing it was is looked for by halving.
   */
  let parts: number[] = []
  let running = false
  let publication: Promise<void> = Promise.resolve()
  const failuresOf = new WeakMap<Entry<Item>, number>()
  const stallsOf = new WeakMap<
    Entry<Item>,
    { readonly count: number; readonly commits: number; readonly since: number }
  >()
  const patience = createLockPatience()
  let commits = 0
  let stalls = 0

  const start = (): void => {
    if (running || abandon.aborted) return
    running = true
    // Not before this turn of the event loop ends: messages that were fetched together travel
    // together.
    setImmediate(() => {
      run().catch((error: unknown) => {
        if (!(error instanceof Abandoned)) throw error
        waiting = []
        parts = []
      })
    })
  }
  const aside = createRetryQueue<Entry<Item>>(start, options.draining)

  let triedAgain = false
  /**
   * One that is tried again goes alone: it has failed before. However many there are and long it
   * takes, others get their turn between.
   */
  const nextGroup = (): Group<Item> => {
    const others = triedAgain ? nextWaiting() : none
    triedAgain = false
    if (others.entries.length > 0) return others
    for (let due = aside.nextDue(); due; due = aside.nextDue()) {
      triedAgain = due.live()
      if (triedAgain) return { entries: [due], suspected: true }
      end(due, due.leave)
    }
    return nextWaiting()
  }
  const nextWaiting = (): Group<Item> => {
    while (waiting.length > 0) {
      const part = parts.shift()
      const size = part ?? options.maxGroup
      const entries = waiting.slice(0, size).filter((entry) => !aside.takes(entry))
      waiting = waiting.slice(size)
      if (entries.length > 0) return { entries, suspected: part !== undefined }
    }
    return none
  }
  const backInFront = (entries: readonly Entry<Item>[]): void => {
    waiting = entries.concat(waiting)
  }
  /** What waited behind it is next: it came before whatever else of its key is waiting. */
  const end = (entry: Entry<Item>, ending: () => void): void => {
    const behind = aside.release(entry)
    if (behind.length > 0 && parts.length > 0) parts.unshift(behind.length)
    backInFront(behind)
    ending()
  }

  const run = async (): Promise<void> => {
    let group = nextGroup()
    // What comes while the last publication is under way must not wait for a further message to set
    // things going again.
    for (; group.entries.length > 0; await publication, group = nextGroup()) {
      for (; group.entries.length > 0; group = nextGroup()) {
        const started = performance.now()
        const outcome = await outcomeOf(group)
        on.group(group.entries.length, (performance.now() - started) / 1_000)
        await publication
        publication = publishAll(outcome)
        // Its failure is looked at by the next await; without this, Node would take it for
        // unhandled.
        publication.catch(() => undefined)
      }
    }
    // In the same step as the last look at what waits, so that nothing comes in between.
    running = false
  }

  const outcomeOf = async (group: Group<Item>): Promise<Outcome<Item>> => {
    const { entries } = group
    const outcome = await transaction(group)
    if (outcome === 'halve') return halved(entries)
    const dead = entries.filter((entry) => 'failure' in entry.outcome)
    const letters = dead.flatMap((entry) => ('failure' in entry.outcome ? [giveUp(entry, entry.outcome.failure)] : []))
    return { ...outcome, records: [...outcome.records, ...letters], ended: [...outcome.ended, ...dead] }
  }

  const transaction = async ({ entries, suspected }: Group<Item>): Promise<Outcome<Item> | 'halve'> => {
    const group = entries.filter(({ outcome }) => 'item' in outcome)
    const items = group.flatMap(({ outcome }) => ('item' in outcome ? [outcome.item] : []))
    if (items.length === 0) return nothing
    for (let failures = 0, outages = 0, waits = 0; ;) {
      const begun = performance.now()
      try {
        const effect = await options.effect(items)
        commits++
        stalls = 0
        patience.wentThrough(performance.now() - begun)
        return { ...effect, ended: group }
      } catch (thrown) {
        const error = errorOf(thrown)
        const verdict = verdictOn(error)
        const stall = stallOf(error)
        if (abandon.aborted) throw new Abandoned('no time left for another try', { cause: error })
        if (stall) {
          if (stall === 'lock') patience.stalled(performance.now() - begun)
          on.retry('transaction', error, ++stalls, aboutOf(group))
          await pause(delayMs(stalls, stalling), abandon)
          if (group.length === 1) return stalledAlone(group[0]!, error, stall)
          if (stall === 'time' || ++waits >= patience.tries(suspected)) return 'halve'
          continue
        }
        if (verdict === 'outage') {
          on.retry('transaction', error, ++outages, aboutOf(group))
          await pause(delayMs(outages, outageBackoff), abandon)
          continue
        }
        if (group.length === 1) return failedAlone(group[0]!, error, verdict === 'never')
        if (verdict !== 'retry' || ++failures >= attempts || suspected) return 'halve'
        on.retry('transaction', error, failures, aboutOf(group))
        await pause(delayMs(failures, contention), abandon)
      }
    }
  }

  /**
   * One after the other, so that order stays; a bad message is alone after log2(group) rounds, and
   * the good ones are out meanwhile.
   */
  const halved = (entries: readonly Entry<Item>[]): Outcome<Item> => {
    const middle = entries.length >> 1
    parts.unshift(middle, entries.length - middle)
    backInFront(entries)
    return nothing
  }

  /**
   * It waits apart, so that those that can go on do. It is to blame only where others went through
   * meanwhile: for taking too long again, or for waiting for a lock for so long that its
   * partition's offset stands still.
   */
  const stalledAlone = (entry: Entry<Item>, error: Error, stall: Stall): Outcome<Item> => {
    const before = stallsOf.get(entry)
    const count = (before?.count ?? 0) + 1
    const since = before?.since ?? performance.now()
    stallsOf.set(entry, { count, commits, since })
    if (before && commits > before.commits) {
      if (stall === 'time') return failedAlone(entry, error, false)
      if (performance.now() - since >= options.stalledForMs) return failedAlone(entry, error, true)
    }
    aside.put(entry, delayMs(count, options.backoff))
    return nothing
  }
  const failedAlone = (entry: Entry<Item>, error: Error, forGood: boolean): Outcome<Item> => {
    const failures = (failuresOf.get(entry) ?? 0) + 1
    if (forGood || failures >= attempts)
      return { records: [giveUp(entry, { error, attempts: failures })], kept: [], ended: [entry] }
    failuresOf.set(entry, failures)
    on.retry('transaction', error, failures, [entry.about])
    aside.put(entry, delayMs(failures, options.backoff))
    return nothing
  }
  const giveUp = (entry: Entry<Item>, failure: Failure): OutgoingRecord => {
    on.deadLetter(failure, entry.about)
    return entry.deadLetter(failure)
  }

  const publishAll = async ({ records, kept, ended }: Outcome<Item>): Promise<void> => {
    for (let failures = 1; records.length > 0; failures++) {
      try {
        await options.publish(records)
        on.published(records)
        break
      } catch (thrown) {
        const error = errorOf(thrown)
        if (abandon.aborted) throw new Abandoned('no time left to publish again', { cause: error })
        on.retry('publication', error, failures, aboutOf(ended))
        await pause(delayMs(failures, outageBackoff), abandon)
      }
    }
    options.published(kept)
    for (const entry of ended) end(entry, entry.done)
  }

  return {
    add: (entry) => {
      waiting.push(entry)
      start()
    },
  }
}

const aboutOf = <Item>(entries: readonly Entry<Item>[]): readonly LogFields[] => entries.map(({ about }) => about)

const nothing = { records: [], kept: [], ended: [] } as const
const none = { entries: [], suspected: false } as const
