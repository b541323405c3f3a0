// How does a batch of events change orders? Lock them, decide on each in turn, write all changes
// with one statement each.
import type { Decide, Item, Reaction, Sending } from '@orderpipeline/stage'
import type { Queryable } from '@orderpipeline/postgres'
import type { OrderEvent, OrderItem, OrderStatus, PricedItem, Priority } from '@orderpipeline/order-events'
import { cutoffs } from './deadlines/progress.ts'
import type { Deadlines } from './deadlines/progress.ts'
import { ordersMoney, writeMoney } from './money/stored-money.ts'
import type { MoneyRow } from './money/stored-money.ts'
import { idRange } from './sql/id-range.ts'
import { addHolds, closeHolds, heldBefore } from './sql/holds.ts'
import { pricedItems } from './sql/money.ts'
import { changeOrders, changeParcels, itemsOf, lockOrders, priceItems, recordEvents } from './sql/stage.ts'
import type { HoldSettings } from './holds/settings.ts'
import { defaultHolds } from './holds/settings.ts'
import { outcomeAt } from './holds/outcome.ts'
import type { ReturnPolicy } from './stage/money.ts'
import { orderedPrices } from './stage/prices.ts'
import { decide } from './stage/saga.ts'
import type { Decision, Facts, StoredParcel } from './stage/saga.ts'
import { refundEntries, statusEntry, historyColumns, receivedEntries } from './stage/timeline.ts'
import type { HistoryEntry } from './stage/timeline.ts'

/** An event about an order that the intake never took: nothing here can make sense of it. */
export class UnknownOrderError extends Error {
  override readonly name = 'UnknownOrderError'
  readonly reason = 'UnknownOrder'
  readonly retry = false
}

/**
 * A hold is asked for before the order is priced, so that nothing can have been reserved: its
 * placement is late, or the stage that asks is early. Tried again a few times.
 */
export class HeldTooEarlyError extends Error {
  override readonly name = 'HeldTooEarlyError'
  readonly reason = 'HeldTooEarly'
  readonly retry = true
}

interface Change {
  readonly orderId: string
  readonly before: OrderStatus
  readonly decision: Decision
}

export interface OrderRules {
  /** Without them every question about an old reservation is decided at once. */
  readonly deadlines?: Deadlines | undefined
  readonly holds?: HoldSettings | undefined
  /** Without it staff decides about the money of a parcel that comes back. */
  readonly returns?: ReturnPolicy | undefined
}

export async function applyOrderEvents(
  tx: Queryable,
  items: readonly Item<void>[],
  now: () => Date,
  { deadlines, holds = defaultHolds, returns }: OrderRules = {},
): Promise<Decide<void>> {
  const events = items.map(({ event }) => event)
  const [lockedState, lines, facts] = await Promise.all([
    lockedOrders(tx, events),
    linesOfReturns(tx, returns ? events : []),
    factsFor(tx, events, deadlines),
  ])
  const locked = { ...lockedState, lines }
  return (write, newItems) => decideAll(write, newItems, locked, { facts: { ...facts, returns }, holds, now: now() })
}

interface Surroundings {
  readonly facts: Facts
  readonly holds: HoldSettings
  readonly now: Date
}

function decideAll(
  tx: Sending,
  newItems: readonly Item<void>[],
  { statuses, priorities, parcels, ...locked }: Locked,
  { facts: others, holds, now }: Surroundings,
): Reaction[] {
  const money = ordersMoney(locked)
  const heldNow = new Set<string>()
  const facts: Facts = {
    ...others,
    parcelStatusOf: (orderId) => parcels.get(orderId),
    paidOrderOf: money.of,
    wasHeld: (orderId) => heldNow.has(orderId) || others.wasHeld?.(orderId) === true,
  }
  const parcelChanges = new Map<string, StoredParcel>()
  const changes: Change[] = []
  const history: HistoryEntry[] = []
  const reactions: Reaction[] = []
  for (const { event } of newItems) {
    const { orderId } = event.data
    const status = statuses.get(orderId)
    if (status === undefined) throw new UnknownOrderError(`no order ${orderId}`)
    if (event.type === 'HoldRequested' && status === 'PLACED')
      throw new HeldTooEarlyError(`the order ${orderId} is not priced yet`)
    // A stage may drop the class, or mix it up: what follows has that of the order.
    const priority = priorities.get(orderId)
    const decision = decide(status, priority === undefined ? event : { ...event, priority }, facts, now)
    history.push(...receivedEntries(event, status, decision !== undefined))
    if (decision === undefined) continue
    reactions.push({ cause: event, events: decision.events })
    history.push(...refundEntries(decision.events, event.id, now))
    if (decision.parcel) {
      parcels.set(orderId, decision.parcel.status)
      parcelChanges.set(orderId, decision.parcel)
    }
    if (decision.money) money.change(orderId, decision.money)
    if (decision.status === status) continue
    if (decision.status === 'HELD') heldNow.add(orderId)
    statuses.set(orderId, decision.status)
    changes.push({ orderId, before: status, decision })
    history.push(statusEntry(orderId, decision, event.id, now))
  }
  write(tx, changes)
  writeHolds(tx, changes, holds, now)
  if (parcelChanges.size > 0)
    tx.send(changeParcels, [
      [...parcelChanges.keys()],
      [...parcelChanges.values()].map((parcel) => JSON.stringify(parcel)),
      ...idRange([...parcelChanges.keys()]),
    ])
  writeMoney(tx, money.changes)
  if (history.length > 0) tx.send(recordEvents, historyColumns(history))
  return reactions
}

interface Locked {
  readonly statuses: Map<string, OrderStatus>
  /** The classes of orders that are not standard. */
  readonly priorities: ReadonlyMap<string, Priority>
  /** Statuses of the parcels of orders that have one. */
  readonly parcels: Map<string, StoredParcel['status']>
  readonly rows: readonly MoneyRow[]
  /** Those of orders whose parcel has come back. */
  readonly lines: ReadonlyMap<string, readonly PricedItem[]>
}

interface LockedRow extends MoneyRow {
  readonly status: OrderStatus
  readonly priority: Priority
  readonly parcel: StoredParcel['status'] | null
}

async function lockedOrders(tx: Queryable, events: readonly OrderEvent[]): Promise<Omit<Locked, 'lines'>> {
  const ids = [...new Set(events.map(({ data }) => data.orderId))]
  const rows = await tx.query<LockedRow>(lockOrders, [ids, ...idRange(ids)])
  return {
    rows,
    statuses: new Map(rows.map(({ order_id, status }) => [order_id, status])),
    priorities: new Map(rows.map(({ order_id, priority }) => [order_id, priority])),
    parcels: new Map(rows.flatMap(({ order_id, parcel }) => (parcel === null ? [] : [[order_id, parcel]]))),
  }
}

async function factsFor(tx: Queryable, events: readonly OrderEvent[], deadlines?: Deadlines): Promise<Facts> {
  const [priceOf, items, paymentsStall, wereHeld] = await Promise.all([
    orderedPrices(tx, events),
    orderedItems(tx, events),
    doPaymentsStall(tx, events, deadlines),
    ordersHeldBefore(tx, events),
  ])
  return {
    priceOf,
    itemsOf: (orderId) => items.get(orderId) ?? [],
    paymentsStall,
    wasHeld: (orderId) => wereHeld.has(orderId),
  }
}

/** Asked only where holds are: no other shop pays for it. */
async function ordersHeldBefore(tx: Queryable, events: readonly OrderEvent[]): Promise<ReadonlySet<string>> {
  const ids = events.filter(({ type }) => type === 'HoldRequested').map(({ data }) => data.orderId)
  if (ids.length === 0) return new Set()
  const rows = await tx.query<{ order_id: string }>(heldBefore, [ids])
  return new Set(rows.map(({ order_id }) => order_id))
}

async function doPaymentsStall(tx: Queryable, events: readonly OrderEvent[], deadlines?: Deadlines): Promise<boolean> {
  if (!deadlines || deadlines.stalledSeconds === 0) return false
  if (!events.some(({ type }) => type === 'ReservationExpired')) return false
  return (await cutoffs(tx, deadlines)).some(({ status, held }) => status === 'PROCESSING' && held)
}

async function linesOfReturns(
  tx: Queryable,
  events: readonly OrderEvent[],
): Promise<ReadonlyMap<string, readonly PricedItem[]>> {
  const ids = events.filter(({ type }) => type === 'ParcelReturned').map(({ data }) => data.orderId)
  if (ids.length === 0) return new Map()
  const rows = await tx.query<PricedItem & { orderId: string }>(pricedItems, [ids, ...idRange(ids)])
  return Map.groupBy(rows, ({ orderId }) => orderId)
}

async function orderedItems(tx: Queryable, events: readonly OrderEvent[]): Promise<Map<string, OrderItem[]>> {
  const paidIds = events.filter(({ type }) => type === 'PaymentCaptured').map(({ data }) => data.orderId)
  const items = new Map<string, OrderItem[]>(paidIds.map((orderId) => [orderId, []]))
  if (paidIds.length === 0) return items
  const rows = await tx.query<OrderItem & { order_id: string }>(itemsOf, [[...items.keys()], ...idRange(paidIds)])
  for (const { order_id, sku, quantity } of rows) items.get(order_id)?.push({ sku, quantity })
  return items
}

function write(tx: Sending, changes: readonly Change[]): void {
  if (changes.length === 0) return
  // An order may change twice in a batch: an UPDATE takes only the last, the timeline takes both.
  const last = [...new Map(changes.map((change) => [change.orderId, change])).values()]
  const totals = new Map(changes.flatMap(({ orderId, decision }) => pair(orderId, decision.totalCents)))
  const ids = last.map(({ orderId }) => orderId)
  tx.send(changeOrders, [
    ids,
    last.map(({ decision }) => decision.status),
    last.map(({ decision }) => decision.reason ?? null),
    last.map(({ orderId }) => totals.get(orderId) ?? null),
    ...idRange(ids),
  ])
  const lines = changes.flatMap(({ orderId, decision }) => (decision.lines ?? []).map((line) => ({ orderId, ...line })))
  if (lines.length === 0) return
  const orderIds = lines.map(({ orderId }) => orderId)
  const [skus, prices] = [lines.map(({ sku }) => sku), lines.map(({ unitPriceCents }) => unitPriceCents)]
  tx.send(priceItems, [orderIds, skus, prices, ...idRange(orderIds)])
}

/** The rows of new holds, and the outcome of those that an event has ended. */
function writeHolds(tx: Sending, changes: readonly Change[], { seconds, atDue }: HoldSettings, now: Date): void {
  const newHolds = changes.filter(({ decision }) => decision.status === 'HELD')
  if (newHolds.length > 0)
    tx.send(addHolds, [
      newHolds.map(({ orderId }) => orderId),
      newHolds.map(({ decision }) => JSON.stringify(decision.holdReasons ?? [])),
      now,
      seconds,
      atDue,
    ])
  const ended = changes.filter(({ before }) => before === 'HELD')
  const idsByOutcome = Map.groupBy(ended, ({ decision }) => outcomeAt(decision.status))
  for (const [outcome, group] of idsByOutcome)
    tx.send(closeHolds, [group.map(({ orderId }) => orderId), outcome, 'EVENT', now])
}

function pair(orderId: string, total: number | undefined): [string, number][] {
  return total === undefined ? [] : [[orderId, total]]
}
