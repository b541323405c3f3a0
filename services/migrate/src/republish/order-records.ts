// What has every service stored about the orders that may be on their way? Read as each service's
// own role, a page of orders at a time.
import type { Administrator } from '@orderpipeline/postgres'
import type { Parcel } from '@orderpipeline/order-events'
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
    yield orders.map((order) => ({
      ...present(order),
      items: (items.get(order.orderId) ?? []).map(present),
      reservation: reservations.get(order.orderId)?.[0]?.status,
      payment: payments.get(order.orderId)?.map(present)[0],
      shipment: shipments.get(order.orderId)?.map(shipmentOf)[0],
    }))
  }
}

type OrderRow = Omit<OrderRecord, 'items' | 'reservation' | 'payment' | 'shipment'>
type Item = OrderRecord['items'][number]
interface Reservation {
  readonly status: NonNullable<OrderRecord['reservation']>
}
type ShipmentRow = Omit<StoredShipment, 'parcel'> & Partial<Record<keyof Parcel, string | null>>

const firstId = '00000000-0000-0000-0000-000000000000'

/** $1: since when, $2: the last order of the page before, $3: orders at most. */
const selectOrders = `
SELECT order_id AS "orderId", customer_id AS "customerId", currency, status, reason, total_cents::float8 AS "totalCents",
  correlation_id AS "correlationId", parcel - 'status' AS parcel
FROM orders
WHERE order_id > $2::uuid AND (status IN ('PLACED', 'PROCESSING', 'CONFIRMED') OR updated_at >= $1::timestamptz)
ORDER BY order_id
LIMIT $3`

/** $1: order ids. */
const selectItems = `
SELECT order_id, sku, quantity, unit_price_cents::float8 AS "unitPriceCents"
FROM order_items WHERE order_id = ANY ($1::uuid[]) ORDER BY order_id, line`
const selectReservations = 'SELECT order_id, status FROM reservations WHERE order_id = ANY ($1::uuid[])'
const selectPayments = `
SELECT order_id, status, amount_cents::float8 AS "amountCents", currency, charge_id AS "chargeId", refund_id AS "refundId",
  decline_reason AS "declineReason"
FROM payments WHERE order_id = ANY ($1::uuid[])`
const selectShipments = `
SELECT order_id, shipments.status, shipment_id AS "shipmentId", carrier, tracking_number AS "trackingNumber",
  tracking_url AS "trackingUrl"
FROM shipments LEFT JOIN parcels USING (order_id) WHERE order_id = ANY ($1::uuid[])`

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
