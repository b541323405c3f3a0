// How does a batch of messages take effect exactly once, and its events get kept until they are published?
//
// One transaction: the inbox says which messages are new, the stage does its work for those, and its events go to the
// outbox. For a message seen before, what its first time kept and could not publish is returned to be published now.
import type { OutgoingRecord } from '@orderpipeline/kit-kafka'
import type { Pool, Queryable } from '@orderpipeline/kit-postgres'
import { encode } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { takeIn } from './sql/inbox.ts'
import { keep, settle, unpublished } from './sql/outbox.ts'

/** A message ready for its transaction. */
export interface Item<Prepared> {
  readonly event: OrderEvent
  /** What `prepare` found out; the event again for stages that prepare nothing. */
  readonly prepared: Prepared
}

/** What a message made the stage say. */
export interface Reaction {
  readonly cause: OrderEvent
  readonly events: readonly OrderEvent[]
}

export type Apply<Prepared> = (tx: Queryable, items: readonly Item<Prepared>[]) => Promise<readonly Reaction[]>

export interface Store<Prepared> {
  effect(
    items: readonly Item<Prepared>[],
    settled: readonly Item<Prepared>[],
  ): Promise<{ records: OutgoingRecord[]; kept: Item<Prepared>[] }>
  settle(settled: readonly Item<Prepared>[]): Promise<void>
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
): Store<Prepared> {
  return {
    effect: async (items, settled) => {
      let reactions: readonly Reaction[] = []
      const effect = await pool.transaction(async (tx) => {
        const byId = new Map(items.map((item) => [item.event.id, item]))
        const fresh = await takenIn(tx, [...byId.keys()], settled)
        const news = [...byId.values()].filter(({ event }) => fresh.has(event.id))
        const seen = [...byId.keys()].filter((id) => !fresh.has(id))
        const left = seen.length === 0 ? [] : await tx.query<OutboxRow>(unpublished, [seen])
        reactions = news.length === 0 ? [] : await apply(tx, news)
        const made = reactions.flatMap((reaction) => rowsOf(reaction, topics))
        await keepRows(tx, made)
        const rows = [...left, ...made]
        const sources = new Set(rows.map(({ source_id }) => source_id))
        return { records: rows.map(recordOf), kept: items.filter(({ event }) => sources.has(event.id)) }
      })
      onCommitted?.(reactions)
      return effect
    },
    settle: async (settled) => {
      await pool.query(settle, [settled.map(({ event }) => event.id)])
    },
  }
}

interface OutboxRow {
  readonly source_id: string
  readonly topic: string
  readonly key: string
  readonly value: string
  readonly headers: Record<string, string>
}

async function takenIn(tx: Queryable, ids: string[], settled: readonly Item<unknown>[]): Promise<Set<string>> {
  const rows = await tx.query<{ event_id: string }>(takeIn, [ids.sort(), settled.map(({ event }) => event.id)])
  return new Set(rows.map(({ event_id }) => event_id))
}

async function keepRows(tx: Queryable, rows: readonly OutboxRow[]): Promise<void> {
  if (rows.length === 0) return
  await tx.query(keep, [
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
