// How does a batch of messages take effect exactly once, and its events get kept until they are
// published?
//
// One transaction in two round trips: the inbox is asked which messages are new together with what
// the stage must know of them; then what it decides for the new ones is sent together with its
// events for the outbox and the commit. For a message seen before, what its first time kept and
// could not publish is returned to be published now.
import type { OutgoingRecord } from '@orderpipeline/kafka'
import { DatabaseError } from '@orderpipeline/postgres'
import type { Pool, Queryable, Transaction } from '@orderpipeline/postgres'
import { encode } from '@orderpipeline/order-events'
import { isProductEvent } from '@orderpipeline/order-events'
import type { OrderEvent, ProductEvent, ProductEventType } from '@orderpipeline/order-events'
import { insertInbox } from './sql/inbox.ts'
import { insertOutbox, deletePublished, selectUnpublished } from './sql/outbox.ts'

/** A message ready for its transaction. */
export interface Item<Prepared> {
  readonly event: OrderEvent
  /** What `prepare` found out; the event again for stages that prepare nothing. */
  readonly prepared: Prepared
}

/** A message about a product: nothing is prepared for it. */
export interface ProductItem {
  readonly event: ProductEvent
}

export type StageItem<Prepared> = Item<Prepared> | ProductItem

/** What a message made the stage say. */
export interface Reaction {
  readonly cause: OrderEvent
  readonly events: readonly OrderEvent[]
}

/**
 * Asks, at once, for what the decisions need: of all items, since which of them are new is being
 * asked at the same time.
 */
export type Apply<Prepared> = (tx: Queryable, items: readonly Item<Prepared>[]) => Promise<Decide<Prepared>>

export type Sending = Pick<Transaction, 'send'>

/**
 * Decides on the new ones and sends what changes. A row that it adds and another replica has added
 * meanwhile is tried again.
 */
export type Decide<Prepared> = (tx: Sending, news: readonly Item<Prepared>[]) => readonly Reaction[]

/**
 * What a stage does about products. Their events say a state with its version, or name a delivery:
 * `apply` must change nothing when one comes again or late, so that none of them takes room in the
 * inbox. They have a transaction to themselves, apart from the orders'.
 */
export interface ProductHandling {
  readonly handles: readonly ProductEventType[]
  readonly apply: (tx: Sending, events: readonly ProductEvent[]) => void
}

export interface Store<Prepared> {
  effect(
    items: readonly StageItem<Prepared>[],
    settled: readonly StageItem<Prepared>[],
  ): Promise<{ records: OutgoingRecord[]; kept: Item<Prepared>[] }>
  settle(settled: readonly StageItem<Prepared>[]): Promise<void>
}

/** How topics are called and keyed in this pipeline. */
export interface Topics {
  readonly prefix: string
  /** Full names of those keyed by order instead of by customer. */
  readonly keyedByOrder: readonly string[]
}

export function createStore<Prepared>(
  pool: Pool,
  topics: Topics,
  apply: Apply<Prepared>,
  onCommitted?: (reactions: readonly Reaction[]) => void,
  products?: ProductHandling['apply'],
): Store<Prepared> {
  const settle: Store<Prepared>['settle'] = async (settled) => {
    await pool.query(deletePublished, [settled.map(({ event }) => event.id)])
  }
  return {
    effect: async (all, settled) => {
      const items = all.filter((item): item is Item<Prepared> => !isProductEvent(item.event))
      const ofProducts = all.flatMap(({ event }) => (isProductEvent(event) ? [event] : []))
      if (products && ofProducts.length > 0) await pool.transaction((tx) => Promise.resolve(products(tx, ofProducts)))
      if (items.length === 0) {
        if (settled.length > 0) await settle(settled)
        return { records: [], kept: [] }
      }
      let reactions: readonly Reaction[] = []
      const effect = await pool
        .transaction(async (tx) => {
          const byId = new Map(items.map((item) => [item.event.id, item]))
          const [fresh, decide] = await Promise.all([
            takenIn(tx, [...byId.keys()], settled),
            apply(tx, [...byId.values()]),
          ])
          refuseStrangers(fresh, byId)
          const news = [...byId.values()].filter(({ event }) => fresh.has(event.id))
          const seen = [...byId.keys()].filter((id) => !fresh.has(id))
          const left = seen.length === 0 ? [] : await tx.query<OutboxRow>(selectUnpublished, [seen])
          reactions = news.length === 0 ? [] : decide(tx, news)
          const made = reactions.flatMap((reaction) => rowsOf(reaction, topics))
          keepRows(tx, made)
          const rows = [...left, ...made]
          const sources = new Set(rows.map(({ source_id }) => source_id))
          return { records: rows.map(recordOf), kept: items.filter(({ event }) => sources.has(event.id)) }
        })
        .catch((error: unknown) => {
          throw isThereAlready(error)
            ? new DatabaseError('Contended', error.code, error.message, { cause: error })
            : error
        })
      onCommitted?.(reactions)
      return effect
    },
    settle,
  }
}

/** A stage adds only what it has just looked for and not found. */
function isThereAlready(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === '23505'
}

interface OutboxRow {
  readonly source_id: string
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

async function takenIn(tx: Queryable, ids: string[], settled: readonly StageItem<unknown>[]): Promise<Set<string>> {
  const rows = await tx.query<{ event_id: string }>(insertInbox, [ids.sort(), settled.map(({ event }) => event.id)])
  return new Set(rows.map(({ event_id }) => event_id))
}

/**
 * An id that comes back in another spelling would pass for one seen before: its message would be
 * consumed and have no effect.
 */
function refuseStrangers(fresh: ReadonlySet<string>, asked: ReadonlyMap<string, unknown>): void {
  const stranger = [...fresh].find((id) => !asked.has(id))
  if (stranger !== undefined)
    throw new Error(`the inbox answered for ${stranger}, which is not how its message spells it`)
}

function keepRows(tx: Sending, rows: readonly OutboxRow[]): void {
  if (rows.length === 0) return
  tx.send(insertOutbox, [
    rows.map(({ source_id }) => source_id),
    rows.map(({ topic }) => topic),
    rows.map(({ key }) => key),
    rows.map(({ value }) => value),
    rows.map(({ headers }) => JSON.stringify(headers)),
  ])
}

function rowsOf({ cause, events }: Reaction, { prefix, keyedByOrder }: Topics): OutboxRow[] {
  return events.map((event) => {
    const { topic, key, value, headers } = encode(event, (name) => keyedByOrder.includes(prefix + name))
    return { source_id: cause.id, topic: prefix + topic, key, value, headers: { ...headers } }
  })
}

function recordOf({ topic, key, value, headers }: OutboxRow): OutgoingRecord {
  return { topic, key, value, headers }
}
