// What has every service stored about the orders that may be on their way? Read as each service's
// own role, a page of orders at a time.
import type { Administrator } from '@orderpipeline/postgres'
import type { Parcel } from '@orderpipeline/order-events'
import {
  selectDisputes,
  selectItems,
  selectOrders,
  selectPartialRefunds,
  selectPayments,
  selectReservations,
  selectShipments,
} from '../sql/republish.ts'
import type { StoredDispute, StoredPartialRefund } from './events-of-money.ts'
import type { OrderRecord, StoredPayment, StoredShipment } from './events-of-order.ts'

const ordersAtOnce = 500

/** Orders under way, and those that have changed since then. @throws DatabaseError */
export async function* orderRecords(administrator: Administrator, since: Date): AsyncGenerator<readonly OrderRecord[]> {
  for (let after = firstId; ;) {
    const orders = await administrator.rows<OrderRow>('orders', selectOrders, [since, after, ordersAtOnce])
    const last = orders.at(-1)
    if (!last) return
    after = last.orderId
    const ids = orders.map(({ orderId }) => orderId)
    const items = await byOrder<Item>(administrator, 'orders', selectItems, ids)
    const reservations = await byOrder<Reservation>(administrator, 'inventory', selectReservations, ids)
    const payments = await byOrder<StoredPayment>(administrator, 'payment', selectPayments, ids)
    const shipments = await byOrder<ShipmentRow>(administrator, 'shipping', selectShipments, ids)
    const partialRefunds = await byOrder<StoredPartialRefund>(administrator, 'payment', selectPartialRefunds, ids)
    const disputes = await byOrder<StoredDispute>(administrator, 'payment', selectDisputes, ids)
    yield orders.map((order) => ({
      ...present(order),
      items: (items.get(order.orderId) ?? []).map(present),
      reservation: reservations.get(order.orderId)?.[0]?.status,
      payment: payments.get(order.orderId)?.map(present)[0],
      shipment: shipments.get(order.orderId)?.map(shipmentOf)[0],
      partialRefunds: partialRefunds.get(order.orderId)?.map(present),
      disputes: disputes.get(order.orderId),
    }))
  }
}

type OrderRow = Omit<OrderRecord, 'items' | 'reservation' | 'payment' | 'shipment' | 'partialRefunds' | 'disputes'>
type Item = OrderRecord['items'][number]
interface Reservation {
  readonly status: NonNullable<OrderRecord['reservation']>
}
type ShipmentRow = Omit<StoredShipment, 'parcel'> & Partial<Record<keyof Parcel, string | null>>

const firstId = '00000000-0000-0000-0000-000000000000'

async function byOrder<Row extends object>(
  administrator: Administrator,
  service: string,
  text: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, readonly Row[]>> {
  const rowsByOrder = new Map<string, Row[]>()
  for (const { order_id, ...row } of await administrator.rows<Row & { order_id: string }>(service, text, [ids]))
    rowsByOrder.set(order_id, [...(rowsByOrder.get(order_id) ?? []), row as unknown as Row])
  return rowsByOrder
}

/** A column without a value is a field that is not there. */
function present<Row extends object>(row: Row): Row {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null)) as Row
}

function shipmentOf({ status, shipmentId, carrier, trackingNumber, trackingUrl }: ShipmentRow): StoredShipment {
  const parcel =
    carrier && trackingNumber ? { parcel: { carrier, trackingNumber, ...(trackingUrl ? { trackingUrl } : {}) } } : {}
  return { ...present({ status, shipmentId }), ...parcel }
}
