// How do many messages in hand share one transaction and one publication, in order, with a bad one cut out alone?
//
// One transaction runs at a time and takes whatever is waiting, so messages keep the order in which they came and batches
// grow with load. While a batch is being published the next one's transaction already runs; publications never overlap. One
// that fails by itself is tried again later, apart from the others, its key's later messages behind it.
import { createAside } from './aside.ts'
import type { Waiting } from './aside.ts'
import { Abandoned, delayMs, outageBackoff, pause } from './backoff.ts'
import type { Backoff } from './backoff.ts'
import type { Failure } from './dead-letter.ts'
import { errorOf, verdictOn } from './failure.ts'
import type { OutgoingRecord } from './records.ts'

export interface Entry<Item> extends Waiting {
  /** What the transaction is given, or why there is nothing to give it. */
  readonly outcome: { readonly item: Item } | { readonly failure: Failure }
  /** Called once, when effect and events are out. */
  readonly done: () => void
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
  /** Aborts when no later try is to be waited for. */
  readonly draining: AbortSignal
  /** Aborts when there is no time left; what is in hand then is left to redelivery. */
  readonly abandon: AbortSignal
  readonly on: {
    readonly group: (size: number, seconds: number) => void
    readonly retry: (what: 'transaction' | 'publication', error: Error, failures: number) => void
    readonly published: (records: readonly OutgoingRecord[]) => void
    readonly deadLetter: (failure: Failure) => void
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

/** What came of a group: what is to be published, and whose end that is. Those that are aside are in neither. */
interface Outcome<Item> extends Effect<Item> {
  readonly ended: readonly Entry<Item>[]
}

export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { abandon, attempts, on } = options
  let waiting: Entry<Item>[] = []
  let running = false
  let publication: Promise<void> = Promise.resolve()
  const failuresOf = new WeakMap<Entry<Item>, number>()

  const start = (): void => {
    if (running || abandon.aborted) return
    running = true
    // Not before this turn of the event loop ends: messages that were fetched together travel together.
    setImmediate(() => {
      run().catch((error: unknown) => {
        if (!(error instanceof Abandoned)) throw error
        waiting = []
      })
    })
  }
  const aside = createAside<Entry<Item>>(start, options.draining)

  /** One that is tried again goes alone: it has failed before. */
  const nextGroup = (): readonly Entry<Item>[] => {
    for (let due = aside.nextDue(); due; due = aside.nextDue()) {
      if (due.live()) return [due]
      end(due, due.leave)
    }
    const group: Entry<Item>[] = []
    let taken = 0
    while (taken < waiting.length && group.length < options.maxGroup) {
      const entry = waiting[taken++]!
      if (!aside.takes(entry)) group.push(entry)
    }
    waiting = waiting.slice(taken)
    return group
  }
  /** What waited behind it is next: it came before whatever else of its key is waiting. */
  const end = (entry: Entry<Item>, ending: () => void): void => {
    const behind = aside.release(entry)
    if (behind.length > 0) waiting = behind.concat(waiting)
    ending()
  }

  const run = async (): Promise<void> => {
    let group = nextGroup()
    // What comes while the last publication is under way must not wait for a further message to set things going again.
    for (; group.length > 0; await publication, group = nextGroup()) {
      for (; group.length > 0; group = nextGroup()) {
        const started = performance.now()
        const outcome = await outcomeOf(group)
        on.group(group.length, (performance.now() - started) / 1_000)
        await publication
        publication = publishAll(outcome)
        // Its failure is looked at by the next await; without this, Node would take it for unhandled.
        publication.catch(() => undefined)
      }
    }
    // In the same step as the last look at what waits, so that nothing comes in between.
    running = false
  }

  const outcomeOf = async (group: readonly Entry<Item>[]): Promise<Outcome<Item>> => {
    const live = group.filter(({ outcome }) => 'item' in outcome)
    const dead = group.filter(({ outcome }) => 'failure' in outcome)
    const letters = dead.flatMap((entry) => ('failure' in entry.outcome ? [giveUp(entry, entry.outcome.failure)] : []))
    const { records, kept, ended } = await transaction(live)
    return { records: [...records, ...letters], kept, ended: [...ended, ...dead] }
  }

  const transaction = async (wanted: readonly Entry<Item>[], together = true): Promise<Outcome<Item>> => {
    // An earlier part of the group may have put one of their keys aside.
    const group = wanted.filter((entry) => !aside.takes(entry))
    const items = group.flatMap(({ outcome }) => ('item' in outcome ? [outcome.item] : []))
    if (items.length === 0) return nothing
    for (let failures = 0, outages = 0; ;) {
      try {
        return { ...(await options.effect(items)), ended: group }
      } catch (thrown) {
        const error = errorOf(thrown)
        const verdict = verdictOn(error)
        if (abandon.aborted) throw new Abandoned('no time left for another try', { cause: error })
        if (verdict === 'outage') {
          on.retry('transaction', error, ++outages)
          await pause(delayMs(outages, outageBackoff), abandon)
          continue
        }
        if (group.length === 1) return failedAlone(group[0]!, error, verdict === 'never')
        if (verdict !== 'retry' || ++failures >= attempts || !together) return halves(group)
        on.retry('transaction', error, failures)
        await pause(delayMs(failures, contention), abandon)
      }
    }
  }

  /** One after the other, so that order stays; a bad message is alone after log2(group) rounds. */
  const halves = async (group: readonly Entry<Item>[]): Promise<Outcome<Item>> => {
    const middle = group.length >> 1
    const first = await transaction(group.slice(0, middle), false)
    const second = await transaction(group.slice(middle), false)
    return {
      records: [...first.records, ...second.records],
      kept: [...first.kept, ...second.kept],
      ended: [...first.ended, ...second.ended],
    }
  }

  const failedAlone = (entry: Entry<Item>, error: Error, forGood: boolean): Outcome<Item> => {
    const failures = (failuresOf.get(entry) ?? 0) + 1
    if (forGood || failures >= attempts)
      return { records: [giveUp(entry, { error, attempts: failures })], kept: [], ended: [entry] }
    failuresOf.set(entry, failures)
    on.retry('transaction', error, failures)
    aside.put(entry, delayMs(failures, options.backoff))
    return nothing
  }
  const giveUp = (entry: Entry<Item>, failure: Failure): OutgoingRecord => {
    on.deadLetter(failure)
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
        on.retry('publication', error, failures)
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

const nothing = { records: [], kept: [], ended: [] } as const
