// How does a batch of news change orders? Lock them, decide on each in turn, write all changes with one statement each.
import type { Item, Reaction } from '@orderpipeline/kit-stage'
import type { Queryable } from '@orderpipeline/kit-postgres'
import type { OrderStatus } from '@orderpipeline/order-events'
import { changeOrders, lockOrders, priceItems, pricesOf, recordChanges } from '../sql/stage.ts'
import { decide } from './saga.ts'
import type { Decision } from './saga.ts'

/** An event about an order that the intake never took: nothing here can make sense of it. */
export class UnknownOrder extends Error {
  override readonly name = 'UnknownOrder'
  readonly reason = 'UnknownOrder'
  readonly retry = false
}

interface Change {
  readonly orderId: string
  readonly causeId: string
  readonly decision: Decision
}

export async function applyNews(tx: Queryable, items: readonly Item<void>[], now: Date): Promise<Reaction[]> {
  const statuses = await lockedStatuses(tx, items)
  const prices = await currentPrices(tx, items)
  const changes: Change[] = []
  const reactions: Reaction[] = []
  for (const { event } of items) {
    const { orderId } = event.data
    const status = statuses.get(orderId)
    if (status === undefined) throw new UnknownOrder(`no order ${orderId}`)
    const decision = decide(status, event, (sku) => prices.get(sku), now)
    if (decision === undefined) continue
    statuses.set(orderId, decision.status)
    changes.push({ orderId, causeId: event.id, decision })
    reactions.push({ cause: event, events: decision.events })
  }
  await write(tx, changes)
  return reactions
}

async function lockedStatuses(tx: Queryable, items: readonly Item<void>[]): Promise<Map<string, OrderStatus>> {
  const ids = new Set(items.map(({ event }) => event.data.orderId))
  const rows = await tx.query<{ order_id: string; status: OrderStatus }>(lockOrders, [[...ids]])
  return new Map(rows.map(({ order_id, status }) => [order_id, status]))
}

async function currentPrices(tx: Queryable, items: readonly Item<void>[]): Promise<Map<string, number>> {
  const skus = new Set(
    items.flatMap(({ event }) => (event.type === 'OrderPlaced' ? event.data.items.map(({ sku }) => sku) : [])),
  )
  if (skus.size === 0) return new Map()
  const rows = await tx.query<{ sku: string; price_cents: number }>(pricesOf, [[...skus]])
  return new Map(rows.map(({ sku, price_cents }) => [sku, price_cents]))
}

async function write(tx: Queryable, changes: readonly Change[]): Promise<void> {
  if (changes.length === 0) return
  // An order may change twice in a batch: an UPDATE takes only the last, the timeline takes both.
  const last = [...new Map(changes.map((change) => [change.orderId, change])).values()]
  const totals = new Map(changes.flatMap(({ orderId, decision }) => pair(orderId, decision.totalCents)))
  await tx.query(changeOrders, [
    last.map(({ orderId }) => orderId),
    last.map(({ decision }) => decision.status),
    last.map(({ decision }) => decision.reason ?? null),
    last.map(({ orderId }) => totals.get(orderId) ?? null),
  ])
  if (totals.size > 0) await tx.query(priceItems, [[...totals.keys()]])
  await tx.query(recordChanges, [
    changes.map(({ orderId }) => orderId),
    changes.map(({ decision }) => decision.status),
    changes.map(({ decision }) => decision.reason ?? null),
    changes.map(({ causeId }) => causeId),
  ])
}

function pair(orderId: string, total: number | undefined): [string, number][] {
  return total === undefined ? [] : [[orderId, total]]
}
