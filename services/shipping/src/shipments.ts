// What happens to a shipment? It is prepared when its order is paid, dispatched when the orders
// service has shipped the order, and recalled when the order is cancelled before that.
//
// The orders service publishes OrderShipped or OrderCancelled about an order, never both, so a
// dispatched shipment is never recalled. A cancellation that overtakes the order's confirmation is
// remembered, and nothing is prepared then.
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'

export type ShipmentStatus = 'PREPARED' | 'DISPATCHED' | 'RECALLED' | 'CANCELLED_EARLY'

export interface ShipmentPlan {
  /** Shipments that are new. */
  readonly newShipments: ReadonlyMap<string, { readonly status: ShipmentStatus; readonly cause: OrderEvent }>
  /** Shipments that existed before that change. */
  readonly changedStatuses: ReadonlyMap<string, ShipmentStatus>
  /** To be published as prepared. */
  readonly prepared: readonly EventOf<'OrderConfirmed'>[]
}

/** `previous`: the stored statuses of these orders. Events are handled in turn. */
export function planShipments(
  events: readonly OrderEvent[],
  previous: ReadonlyMap<string, ShipmentStatus>,
): ShipmentPlan {
  const statuses = new Map(previous)
  const newShipments = new Map<string, { status: ShipmentStatus; cause: OrderEvent }>()
  const changedStatuses = new Map<string, ShipmentStatus>()
  const prepared: EventOf<'OrderConfirmed'>[] = []
  const put = (event: OrderEvent, status: ShipmentStatus): void => {
    const { orderId } = event.data
    statuses.set(orderId, status)
    if (previous.has(orderId)) changedStatuses.set(orderId, status)
    else newShipments.set(orderId, { status, cause: newShipments.get(orderId)?.cause ?? event })
  }
  for (const event of events) {
    const status = statuses.get(event.data.orderId)
    const next = nextStatus(status, event)
    if (next === undefined || next === status) continue
    put(event, next)
    if (event.type === 'OrderConfirmed') prepared.push(event)
  }
  return { newShipments, changedStatuses, prepared }
}

export function nextStatus(status: ShipmentStatus | undefined, event: OrderEvent): ShipmentStatus | undefined {
  switch (event.type) {
    case 'OrderConfirmed':
      return status === undefined ? 'PREPARED' : undefined
    case 'OrderShipped':
      return status === 'PREPARED' ? 'DISPATCHED' : undefined
    case 'OrderCancelled':
      if (status === undefined) return 'CANCELLED_EARLY'
      return status === 'PREPARED' ? 'RECALLED' : undefined
    default:
      return undefined
  }
}
