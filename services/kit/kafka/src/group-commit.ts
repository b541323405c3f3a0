// How do many messages in hand share one transaction and one publication, in order, with a bad one cut out alone?
//
// One transaction runs at a time and takes whatever is waiting, so messages keep the order in which they came and batches
// grow with load. While a batch is being published the next one's transaction already runs; publications never overlap.
import { Abandoned, delayMs, outageBackoff, pause } from './backoff.ts'
import type { Backoff } from './backoff.ts'
import type { Failure } from './dead-letter.ts'
import { errorOf, verdictOn } from './failure.ts'
import type { OutgoingRecord } from './records.ts'

export interface Entry<Item> {
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
  readonly backoff: Backoff
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

export function createGroupCommit<Item>(options: GroupCommitOptions<Item>): GroupCommit<Item> {
  const { abandon, attempts, on } = options
  let waiting: Entry<Item>[] = []
  let running = false
  let publication: Promise<void> = Promise.resolve()

  const run = async (): Promise<void> => {
    // What comes while the last publication is under way must not wait for a further message to set things going again.
    for (; waiting.length > 0; await publication) {
      while (waiting.length > 0) {
        const group = waiting.slice(0, options.maxGroup)
        waiting = waiting.slice(options.maxGroup)
        const started = performance.now()
        const effect = await effectOf(group)
        on.group(group.length, (performance.now() - started) / 1_000)
        await publication
        publication = publishAll(group, effect)
        // Its failure is looked at by the next await; without this, Node would take it for unhandled.
        publication.catch(() => undefined)
      }
    }
    // In the same step as the last look at what waits, so that nothing comes in between.
    running = false
  }
  const start = (): void => {
    run().catch((error: unknown) => {
      if (!(error instanceof Abandoned)) throw error
      waiting = []
    })
  }

  const effectOf = async (group: readonly Entry<Item>[]): Promise<Effect<Item>> => {
    const live = group.filter(({ outcome }) => 'item' in outcome)
    const dead = group.flatMap((entry) => ('failure' in entry.outcome ? [giveUp(entry, entry.outcome.failure)] : []))
    const effect = live.length === 0 ? { records: [], kept: [] } : await transaction(live)
    return { records: [...effect.records, ...dead], kept: effect.kept }
  }

  const transaction = async (group: readonly Entry<Item>[]): Promise<Effect<Item>> => {
    const items = group.flatMap(({ outcome }) => ('item' in outcome ? [outcome.item] : []))
    for (let failures = 0, outages = 0; ;) {
      try {
        return await options.effect(items)
      } catch (thrown) {
        const error = errorOf(thrown)
        const verdict = verdictOn(error)
        if (abandon.aborted) throw new Abandoned('no time left for another try', { cause: error })
        if (verdict === 'outage') {
          on.retry('transaction', error, ++outages)
          await pause(delayMs(outages, outageBackoff), abandon)
          continue
        }
        failures++
        if (group.length > 1 && (verdict !== 'retry' || failures >= attempts)) return halves(group)
        if (verdict === 'never' || failures >= attempts) return lost(group, { error, attempts: failures })
        on.retry('transaction', error, failures)
        await pause(delayMs(failures, options.backoff), abandon)
      }
    }
  }

  /** One after the other, so that order stays; a bad message is alone after log2(group) rounds. */
  const halves = async (group: readonly Entry<Item>[]): Promise<Effect<Item>> => {
    const middle = group.length >> 1
    const first = await transaction(group.slice(0, middle))
    const second = await transaction(group.slice(middle))
    return { records: [...first.records, ...second.records], kept: [...first.kept, ...second.kept] }
  }

  const lost = (group: readonly Entry<Item>[], failure: Failure): Effect<Item> => ({
    records: group.map((entry) => giveUp(entry, failure)),
    kept: [],
  })
  const giveUp = (entry: Entry<Item>, failure: Failure): OutgoingRecord => {
    on.deadLetter(failure)
    return entry.deadLetter(failure)
  }

  const publishAll = async (group: readonly Entry<Item>[], { records, kept }: Effect<Item>): Promise<void> => {
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
    for (const entry of group) entry.done()
  }

  return {
    add: (entry) => {
      waiting.push(entry)
      // Not before this turn of the event loop ends: messages that were fetched together travel together.
      if (!running) {
        running = true
        setImmediate(start)
      }
    },
  }
}
