// What do requests and answers look like? For the OpenAPI document; a test holds each of them
// against its schema.

export const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
const trackingUrl = `/v1/orders/${orderId}`
const [placedAt, updatedAt] = ['2026-01-02T03:04:05.678Z', '2026-01-02T03:04:07.123Z']
const items = [{ sku: 'SKU-0001', quantity: 2 }]

export const acceptedOrder = { orderId, status: 'PLACED', trackingUrl, progress: { done: 1, of: 5, secondsLeft: 4 } }
export const paidOrder = { orderId, status: 'CONFIRMED', trackingUrl }
export const refusedOrder = { orderId, status: 'CANCELLED', reason: 'OUT_OF_STOCK', trackingUrl }

/** With authentication the token names the customer. */
export function orderToPlace(authenticated: boolean) {
  return {
    ...(authenticated ? {} : { customerId: 'customer-1' }),
    currency: 'EUR',
    items,
  }
}

export function batchToPlace(authenticated: boolean) {
  return {
    orders: ['my-first', 'my-second'].map((idempotencyKey) => ({ ...orderToPlace(authenticated), idempotencyKey })),
  }
}

export const batchAnswer = {
  results: [
    { status: 202, orderId, repeated: false, trackingUrl },
    {
      status: 422,
      title: 'Not Sold',
      detail: '1 line is not sold',
      problems: [
        {
          path: 'items[0].sku',
          found: '"SKU-9999"',
          allowed: 'a product that is sold, as GET /v1/products shows them',
        },
      ],
    },
  ],
}

export const shownOrder = {
  orderId,
  customerId: 'customer-1',
  status: 'PROCESSING',
  currency: 'EUR',
  totalCents: 3998,
  priority: 'high',
  items: [{ sku: 'SKU-0001', quantity: 2, unitPriceCents: 1999 }],
  requestId: 'checkout-4711',
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  placedAt,
  updatedAt,
  progress: { done: 2, of: 5, secondsLeft: 3 },
  timeline: [
    { event: 'OrderPlaced', status: 'PLACED', at: placedAt },
    { event: 'OrderValidated', status: 'PROCESSING', at: updatedAt },
  ],
}

export const ordersPage = {
  orders: [{ orderId, status: 'PROCESSING', currency: 'EUR', totalCents: 3998, placedAt, updatedAt }],
  next: 'AZNtXnorfD2OT1prfI2eDw',
}

export const statusesAnswer = {
  orders: [{ orderId, status: 'SHIPPED', placedAt, updatedAt, terminalStates: 1 }],
}

export const shownProduct = {
  sku: 'SKU-0001',
  name: 'Product 1',
  priceCents: 1999,
  currency: 'EUR',
  prices: [{ currency: 'EUR', priceCents: 1999, minorUnits: 2 }],
  availability: 'IN_STOCK',
}

export const productToSave = {
  name: 'Product 1',
  priceCents: 1999,
  currency: 'EUR',
  prices: [{ currency: 'JPY', priceCents: 3200 }],
}

export const shownStock = { sku: 'SKU-0001', available: 412, low: false, updatedAt }

export const eventStream = `retry: 873

id: OrderPlaced
event: progress
data: {"event":"OrderPlaced","status":"PLACED","at":"${placedAt}"}

`

const refundId = '01936d60-0c1d-7e2f-9a3b-4c5d6e7f8a9b'
export const amountToRefund = { amountCents: 500, reason: 'arrived late' }
export const linesToRefund = { items: [{ sku: 'SKU-0001', quantity: 1 }], reason: 'sent back', restock: true }
export const acceptedRefund = { orderId, refundId, amountCents: 1999, status: 'REQUESTED' }
export const tooMuch = {
  title: 'Too Much',
  status: 422,
  detail: '5000 is more than is left of the payment',
  problems: [{ path: 'amountCents', found: '5000', allowed: '1 to 1999' }],
  requestId: '4bf92f3577b34da6a3ce929d0e0e4736',
}

export const tooLate = {
  title: 'Too Late',
  status: 409,
  detail: 'the order is SHIPPED',
  problems: [{ path: 'id', found: 'an order that is SHIPPED', allowed: 'an order that has not been shipped' }],
  state: 'SHIPPED',
  requestId: '4bf92f3577b34da6a3ce929d0e0e4736',
}

export const staffReason = { reason: 'the customer has confirmed the order by telephone' }

const hold = { reasons: ['MANY_ORDERS'], heldAt: updatedAt, dueAt: '2026-01-03T03:04:07.123Z', atDue: 'CANCEL' }

export const heldOrdersPage = {
  orders: [{ orderId, customerId: 'customer-1', currency: 'EUR', totalCents: 3998, placedAt, ...hold }],
  next: 'AZNtXnorfD2OT1prfI2eDw',
}

const { progress: _, ...storedOrder } = shownOrder

export const shownStaffOrder = {
  order: storedOrder,
  hold: { ...hold, outcome: 'RELEASED', decidedBy: 'STAFF', decidedAt: '2026-01-02T04:00:00.000Z' },
  acts: [{ staff: 'kim', act: 'RELEASE', ...staffReason, statusBefore: 'HELD', at: '2026-01-02T04:00:00.000Z' }],
  looks: [{ staff: 'kim', since: '2026-01-02T03:00:00Z', looks: 3, lastAt: '2026-01-02T03:59:30.000Z' }],
}

export const notHeld = {
  title: 'Not Held',
  status: 409,
  detail: 'the order is CANCELLED',
  problems: [{ path: 'id', found: 'an order that is CANCELLED', allowed: 'an order that is HELD' }],
  state: 'CANCELLED',
  requestId: '4bf92f3577b34da6a3ce929d0e0e4736',
}
