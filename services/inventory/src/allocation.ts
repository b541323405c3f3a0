// Who gets the stock that is left? All items of an order or none; a cancelled order gives back what
// it had, exactly once.
//
// Orders are served in the order of their messages. An order cancelled before it was to be reserved
// is remembered, so that the late reservation finds it cancelled.
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'

export type ReservationStatus = 'RESERVED' | 'REJECTED' | 'RELEASED' | 'CANCELLED_EARLY'

export type Quantities = ReadonlyMap<string, number>

export interface StoredState {
  /** Pieces left, by SKU; a SKU without a row has none. */
  readonly stock: Quantities
  /** What was decided on these orders before. */
  readonly reservations: ReadonlyMap<string, ReservationStatus>
  /** What the orders hold that may have to be released. */
  readonly heldItems: ReadonlyMap<string, Quantities>
}

export interface Allocation {
  /** Orders that are new to the inventory. */
  readonly newReservations: ReadonlyMap<string, ReservationStatus>
  /** Orders that had been reserved before and are released now. */
  readonly released: readonly string[]
  /** Orders that are paid: what they hold is theirs. */
  readonly sold: readonly string[]
  /** What newly reserved orders hold. */
  readonly reservedItems: ReadonlyMap<string, Quantities>
  /** Change of stock by SKU, none of them zero. */
  readonly deltas: Quantities
  readonly answers: readonly ReservationAnswer[]
}

/** Published to the other services; a release is not published. */
export interface ReservationAnswer {
  readonly cause: EventOf<'OrderValidated'>
  /** Empty: reserved. */
  readonly missingSkus: readonly string[]
}

export function allocate(events: readonly OrderEvent[], state: StoredState): Allocation {
  const statuses = new Map(state.reservations)
  const holdings = new Map<string, Quantities>()
  const deltas = new Map<string, number>()
  const releasedIds: string[] = []
  const sold: string[] = []
  const answers: ReservationAnswer[] = []
  const remaining = (sku: string): number => (state.stock.get(sku) ?? 0) + (deltas.get(sku) ?? 0)
  const change = (quantities: Quantities, sign: 1 | -1): void => {
    for (const [sku, quantity] of quantities) deltas.set(sku, (deltas.get(sku) ?? 0) + sign * quantity)
  }

  const reserve = (event: EventOf<'OrderValidated'>): void => {
    const { orderId } = event.data
    if (statuses.has(orderId)) return
    const orderQuantities = quantitiesOf(event)
    const missingSkus = [...orderQuantities].filter(([sku, quantity]) => remaining(sku) < quantity).map(([sku]) => sku)
    answers.push({ cause: event, missingSkus })
    if (missingSkus.length > 0) {
      statuses.set(orderId, 'REJECTED')
      return
    }
    statuses.set(orderId, 'RESERVED')
    holdings.set(orderId, orderQuantities)
    change(orderQuantities, -1)
  }
  const release = (orderId: string): void => {
    const status = statuses.get(orderId)
    if (status === undefined) statuses.set(orderId, 'CANCELLED_EARLY')
    if (status !== 'RESERVED') return
    statuses.set(orderId, 'RELEASED')
    change(holdings.get(orderId) ?? state.heldItems.get(orderId) ?? new Map<string, number>(), 1)
    if (state.reservations.has(orderId)) releasedIds.push(orderId)
  }

  for (const event of events) {
    if (event.type === 'OrderValidated') reserve(event)
    else if (event.type === 'OrderCancelled') release(event.data.orderId)
    else if (event.type === 'OrderConfirmed' && statuses.get(event.data.orderId) === 'RESERVED')
      sold.push(event.data.orderId)
  }
  return {
    newReservations: new Map([...statuses].filter(([orderId]) => !state.reservations.has(orderId))),
    released: releasedIds,
    sold,
    reservedItems: holdings,
    deltas: new Map([...deltas].filter(([, delta]) => delta !== 0)),
    answers,
  }
}

/** An order may name a SKU on several lines. */
export function quantitiesOf(event: EventOf<'OrderValidated'>): Quantities {
  const quantities = new Map<string, number>()
  for (const { sku, quantity } of event.data.items) quantities.set(sku, (quantities.get(sku) ?? 0) + quantity)
  return quantities
}
