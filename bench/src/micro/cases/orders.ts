// Which orders do the cases handle? The same in every run, with ids as the intake gives them.
import type { OrderEvent, OrderItem } from '@orderpipeline/order-events'

const currency = 'EUR'
const placedAt = Date.parse('2026-01-02T03:04:05.678Z')
const unitPriceCents = 1_999

interface Order {
  readonly orderId: string
  readonly customerId: string
  /** From 1 to 5 lines. */
  readonly items: readonly OrderItem[]
}

/** Customers with several orders each. */
export function customerOf(order: number): string {
  return `customer-${(order * 7) % 97}`
}

/** What a client sends, after JSON.parse. */
export function orderBodies(count: number): readonly object[] {
  return orders(count).map(({ customerId, items }) => ({ customerId, currency, items }))
}

/** Every event of orders that are paid and shipped, in the order of their publication. */
export function eventsOfOrders(count: number): readonly OrderEvent[] {
  return orders(count).flatMap(eventsOf)
}

function orders(count: number): Order[] {
  return Array.from({ length: count }, (_, order) => ({
    orderId: idOf(order, 0),
    customerId: customerOf(order),
    items: Array.from({ length: 1 + (order % 5) }, (_, line) => ({
      sku: `SKU-${String(1 + ((order * 13 + line) % 500)).padStart(4, '0')}`,
      quantity: 1 + (line % 3),
    })),
  }))
}

/** A uuid of version 7; `nth` distinguishes the ids around one order. */
function idOf(order: number, nth: number): string {
  const time = (placedAt + order).toString(16).padStart(12, '0')
  const last = (order * 100 + nth).toString(16).padStart(12, '0')
  return `${time.slice(0, 8)}-${time.slice(8)}-7c3d-8e4f-${last}`
}

function eventsOf({ orderId, customerId, items }: Order, order: number): OrderEvent[] {
  const about = { orderId, customerId }
  const totalCents = items.reduce((sum, { quantity }) => sum + quantity * unitPriceCents, 0)
  const amount = { totalCents, currency }
  const shipmentId = idOf(order, 50)
  const trackingNumber = `00340434${String(order).padStart(12, '0')}`
  const parcel = { carrier: 'DHL', trackingNumber, trackingUrl: `https://tracking.example/${trackingNumber}` }
  const pricedItems = items.map((item) => ({ ...item, unitPriceCents }))
  const event = (nth: number, source: string) => ({
    id: idOf(order, nth),
    source,
    time: new Date(placedAt + order + nth * 40).toISOString(),
    correlationId: `checkout-${order}`,
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  })
  return [
    { ...event(1, '/orders'), type: 'OrderPlaced', data: { ...about, items: [...items], currency } },
    { ...event(2, '/orders'), type: 'OrderValidated', data: { ...about, items: pricedItems, ...amount } },
    { ...event(3, '/inventory'), type: 'StockReserved', data: { ...about, ...amount } },
    { ...event(4, '/payment'), type: 'PaymentCaptured', data: { ...about, ...amount, chargeId: `ch_${order}` } },
    { ...event(5, '/orders'), type: 'OrderConfirmed', data: { ...about, items: [...items] } },
    { ...event(6, '/shipping'), type: 'ShipmentPrepared', data: { ...about, shipmentId, parcel } },
    { ...event(7, '/orders'), type: 'OrderShipped', data: { ...about, shipmentId } },
    { ...event(8, '/orders'), type: 'OrderStatusChanged', data: { ...about, status: 'SHIPPED', parcel } },
  ]
}
