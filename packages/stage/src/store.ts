// How does a batch of messages take effect exactly once, and how are its events kept until they are
// published?
//
// One transaction in two round trips: the first inserts into the inbox, which shows what messages
// are new, and reads what the stage must know of all of them; the second sends what the stage
// decides for the new ones, with its events for the outbox and the commit. For a message that was
// applied before, the events that its first time stored and could not publish are returned to be
// published now.
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
  /** What `prepare` returned; the event again for stages that prepare nothing. */
  readonly prepared: Prepared
}

/** A message about a product: nothing is prepared for it. */
export interface ProductItem {
  readonly event: ProductEvent
}

export type StageItem<Prepared> = Item<Prepared> | ProductItem

/** The events that follow from a message. */
export interface Reaction {
  readonly cause: OrderEvent
  readonly events: readonly OrderEvent[]
}

/**
 * Asks, at once, for what the decisions need: for all items, since the inbox is asked at the same
 * time which of them are new.
 */
export type Apply<Prepared> = (tx: Queryable, items: readonly Item<Prepared>[]) => Promise<Decide<Prepared>>

export type Sending = Pick<Transaction, 'send'>

/**
 * Decides on the new items and sends what changes. If another replica has added the same row
 * meanwhile, the transaction is tried again.
 */
export type Decide<Prepared> = (tx: Sending, newItems: readonly Item<Prepared>[]) => readonly Reaction[]

/**
 * How a stage handles events about products. They state a version of the product or name a
 * delivery: `apply` must change nothing when one comes again or late, so that they need no inbox
 * rows. They have a transaction of their own, apart from the orders'.
 */
export interface ProductHandling {
  readonly handles: readonly ProductEventType[]
  readonly apply: (tx: Sending, events: readonly ProductEvent[]) => void
}

export interface Store<Prepared> {
  effect(
    items: readonly StageItem<Prepared>[],
    settled: readonly StageItem<Prepared>[],
  ): Promise<{ records: OutgoingRecord[]; storedItems: Item<Prepared>[] }>
  settle(settled: readonly StageItem<Prepared>[]): Promise<void>
}

/** The names and keys of topics in this pipeline. */
export interface Topics {
  readonly prefix: string
  /** Full names of the topics keyed by order instead of by customer. */
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
      const productEvents = all.flatMap(({ event }) => (isProductEvent(event) ? [event] : []))
      if (products && productEvents.length > 0)
        await pool.transaction((tx) => Promise.resolve(products(tx, productEvents)))
      if (items.length === 0) {
        if (settled.length > 0) await settle(settled)
        return { records: [], storedItems: [] }
      }
      let reactions: readonly Reaction[] = []
      const effect = await pool
        .transaction(async (tx) => {
          const byId = new Map(items.map((item) => [item.event.id, item]))
          const [newIds, decide] = await Promise.all([
            insertNewIds(tx, [...byId.keys()], settled),
            apply(tx, [...byId.values()]),
          ])
          refuseForeignIds(newIds, byId)
          const newItems = [...byId.values()].filter(({ event }) => newIds.has(event.id))
          const appliedIds = [...byId.keys()].filter((id) => !newIds.has(id))
          const unpublishedRows =
            appliedIds.length === 0 ? [] : await tx.query<OutboxRow>(selectUnpublished, [appliedIds])
          reactions = newItems.length === 0 ? [] : decide(tx, newItems)
          const newRows = reactions.flatMap((reaction) => rowsOf(reaction, topics))
          keepRows(tx, newRows)
          const rows = [...unpublishedRows, ...newRows]
          const sources = new Set(rows.map(({ source_id }) => source_id))
          return { records: rows.map(recordOf), storedItems: items.filter(({ event }) => sources.has(event.id)) }
        })
        .catch((error: unknown) => {
          throw isUniqueViolation(error)
            ? new DatabaseError('Contended', error.code, error.message, { cause: error })
            : error
        })
      onCommitted?.(reactions)
      return effect
    },
    settle,
  }
}

/** A stage adds only rows that it has just looked for and not found. */
function isUniqueViolation(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === '23505'
}

interface OutboxRow {
  readonly source_id: string
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

async function insertNewIds(
  tx: Queryable,
  ids: string[],
  settled: readonly StageItem<unknown>[],
): Promise<Set<string>> {
  const rows = await tx.query<{ event_id: string }>(insertInbox, [ids.sort(), settled.map(({ event }) => event.id)])
  return new Set(rows.map(({ event_id }) => event_id))
}

/**
 * An id that comes back in another spelling would pass for one applied before: its message would be
 * consumed and have no effect.
 */
function refuseForeignIds(newIds: ReadonlySet<string>, requestedItems: ReadonlyMap<string, unknown>): void {
  const foreignId = [...newIds].find((id) => !requestedItems.has(id))
  if (foreignId !== undefined)
    throw new Error(`the inbox returned ${foreignId}, which no message of the batch has as its id`)
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
