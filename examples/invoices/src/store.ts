// How do events become documents, each once and with the next number? stage.ts calls `take` for
// each batch: one transaction in the schema invoices. It writes down what the events say, reads
// all that is known of their orders, and issues what is due. An event that comes again changes
// nothing, and of an order there is one invoice, and one credit note for each refund.
import type pg from 'pg'
import { dayOf } from './calendar.ts'
import { DatabaseUnavailableError, isOfTheData, openPool, transaction } from './database.ts'
import type { Connection } from './database.ts'
import { documentsDue } from './documents.ts'
import type { Draft, Taxation } from './documents.ts'
import { issuedEvent } from './events.ts'
import type { ShopEvent } from './events.ts'
import type { Order, Problem } from './order.ts'
import { nextNumber, numberText } from './numbers.ts'
import type { Counter } from './numbers.ts'
import {
  createCounters,
  insertDocuments,
  lockCounters,
  markPublished,
  selectOrders,
  selectUnpublished,
  upsertCharges,
  upsertParts,
  upsertOrders,
} from './statements.ts'

export interface StoreOptions extends Connection {
  readonly taxation: Taxation
  readonly timeZone: string
  readonly series: Readonly<Record<Draft['kind'], string>>
}

/** A document that may not be in Kafka yet. */
export interface Unpublished {
  readonly series: string
  readonly year: number
  readonly number: number
  readonly orderId: string
  readonly customerId: string
  readonly event: string
}

export interface Taken {
  readonly unpublished: readonly Unpublished[]
  readonly issued: number
  readonly problems: readonly Problem[]
}

export type Store = ReturnType<typeof createStore>

export function createStore(options: StoreOptions) {
  const pool = openPool(options)
  return {
    /**
     * Returns all unpublished documents of the orders, those of an earlier time included: a replica
     * may have ended between its commit and its publication.
     * @throws DatabaseUnavailableError
     */
    take: async (events: readonly ShopEvent[], now: Date): Promise<Taken> => {
      if (events.length === 0) return { unpublished: [], issued: 0, problems: [] }
      try {
        return await transaction(pool, (client) => take(client, events, options, now))
      } catch (error) {
        throw isOfTheData(error)
          ? error
          : new DatabaseUnavailableError('the database does not answer', { cause: error })
      }
    },
    /** @throws DatabaseUnavailableError */
    published: async (documents: readonly Unpublished[]): Promise<void> => {
      if (documents.length === 0) return
      try {
        await pool.query(markPublished, [JSON.stringify(documents.map(({ event: _, ...document }) => document))])
      } catch (error) {
        throw new DatabaseUnavailableError('the database does not answer', { cause: error })
      }
    },
    close: () => pool.end(),
  }
}

async function take(
  client: pg.PoolClient,
  events: readonly ShopEvent[],
  options: StoreOptions,
  now: Date,
): Promise<Taken> {
  const { orders, charges, parts } = rowsOfEvents(events)
  await client.query(upsertOrders, [JSON.stringify(orders)])
  if (charges.length > 0) await client.query(upsertCharges, [JSON.stringify(charges)])
  if (parts.length > 0) await client.query(upsertParts, [JSON.stringify(parts)])
  const ids = orders.map(({ order_id }) => order_id)
  const { rows } = await client.query<{ order: Order }>(selectOrders, [ids])
  const due = rows.map(({ order }) => documentsDue(order, options.taxation))
  const drafts = due.flatMap((each) => each.drafts)
  if (drafts.length > 0) await issue(client, drafts, events, options, now)
  const unpublished = await client.query<Unpublished>(selectUnpublished, [ids])
  return {
    unpublished: unpublished.rows,
    issued: drafts.length,
    problems: due.flatMap(({ problems }) => problems),
  }
}

/**
 * The counters are locked last: the other replicas wait from here to the commit. What is known of
 * the orders cannot have changed since, because their rows are locked.
 */
async function issue(
  client: pg.PoolClient,
  drafts: readonly Draft[],
  events: readonly ShopEvent[],
  { series, timeZone }: StoreOptions,
  now: Date,
): Promise<void> {
  const names = [...new Set(drafts.map(({ kind }) => series[kind]))]
  const today = dayOf(now, timeZone)
  const counters = await lockedCounters(client, names, today)
  const causes = new Map(events.map((event) => [event.orderId, event]))
  const invoices = new Map<string, string>()
  const documents = drafts.map((draft) => {
    const { given, counter } = nextNumber(counters.get(series[draft.kind]), series[draft.kind], today)
    counters.set(counter.series, counter)
    if (draft.kind === 'invoice') invoices.set(draft.orderId, numberText(given))
    const invoice = draft.kind === 'invoice' ? null : (draft.invoice ?? invoices.get(draft.orderId) ?? null)
    const document = { ...draft, ...given, invoice }
    return { ...document, event: issuedEvent(document, causes.get(draft.orderId) ?? {}, now) }
  })
  await client.query(insertDocuments, [JSON.stringify([...counters.values()]), JSON.stringify(documents)])
}

async function lockedCounters(client: pg.PoolClient, names: readonly string[], today: string) {
  const lock = async () => (await client.query<Counter>(lockCounters, [names])).rows
  let rows = await lock()
  if (rows.length < names.length) {
    await client.query(createCounters, [names, today])
    rows = await lock()
  }
  return new Map(rows.map((row) => [row.series, { ...row, lastNumber: Number(row.lastNumber) }]))
}

interface OrderRow {
  readonly order_id: string
  readonly customer_id: string
  currency?: string
  total_cents?: number
  items?: unknown
  cancelled_at?: string
}
interface ChargeRow {
  readonly order_id: string
  readonly charge_id: string
  captured_at?: string
  captured_cents?: number
  captured_currency?: string
  refund_id?: string
  refunded_at?: string
  refunded_cents?: number
  refunded_currency?: string
}

interface PartRow {
  readonly order_id: string
  readonly refund_id: string
  requested?: boolean
  items?: unknown
  charge_id?: string
  refunded_at?: string
  amount_cents?: number
  currency?: string
}

/** One row for each order, charge and refund of a part: a statement cannot write a row twice. */
export function rowsOfEvents(events: readonly ShopEvent[]) {
  const orders = new Map<string, OrderRow>()
  const charges = new Map<string, ChargeRow>()
  const parts = new Map<string, PartRow>()
  for (const event of events) {
    const { orderId, customerId, time } = event
    const order = orders.get(orderId) ?? { order_id: orderId, customer_id: customerId }
    orders.set(orderId, order)
    if (event.kind === 'priced') {
      order.currency ??= event.currency
      order.total_cents ??= event.totalCents
      order.items ??= event.items
    } else if (event.kind === 'cancelled') order.cancelled_at ??= time
    else if (event.kind === 'partRequested' || event.kind === 'partRefunded') {
      const { refundId } = event
      const part = parts.get(refundId) ?? { order_id: orderId, refund_id: refundId }
      parts.set(refundId, part)
      if (event.kind === 'partRequested') {
        part.requested = true
        part.items ??= event.items
      } else {
        part.charge_id ??= event.chargeId
        part.refunded_at ??= time
        part.amount_cents ??= event.amountCents
        part.currency ??= event.currency
      }
    } else {
      const key = `${orderId} ${event.chargeId}`
      const charge = charges.get(key) ?? { order_id: orderId, charge_id: event.chargeId }
      charges.set(key, charge)
      if (event.kind === 'captured') {
        charge.captured_at ??= time
        charge.captured_cents ??= event.totalCents
        charge.captured_currency ??= event.currency
      } else {
        charge.refund_id ??= event.refundId
        charge.refunded_at ??= time
        charge.refunded_cents ??= event.totalCents
        charge.refunded_currency ??= event.currency
      }
    }
  }
  return { orders: [...orders.values()], charges: [...charges.values()], parts: [...parts.values()] }
}
