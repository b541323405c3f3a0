// What do orders in tests look like?
import { randomUUID } from 'node:crypto'
import { eventOf } from '@orderpipeline/order-events'
import type { EventOf } from '@orderpipeline/order-events'

const context = { source: '/test', now: new Date('2026-01-02T03:04:05Z') }

export interface TestOrder {
  readonly orderId: string
  readonly customerId: string
  readonly items: { sku: string; quantity: number }[]
  readonly currency: string
}

/** `n` spreads orders over customers. */
export function testOrder(n: number, quantities: Readonly<Record<string, number>>): TestOrder {
  const items = Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity }))
  return { orderId: randomUUID(), customerId: `customer-${n % 17}`, items, currency: 'EUR' }
}

export function placedEvent(order: TestOrder): EventOf<'OrderPlaced'> {
  return eventOf('OrderPlaced', order, context)
}

export function validatedEvent({ items, ...order }: TestOrder): EventOf<'OrderValidated'> {
  const pricedItems = items.map((item) => ({ ...item, unitPriceCents: 100 }))
  const totalCents = items.reduce((sum, { quantity }) => sum + quantity * 100, 0)
  return eventOf('OrderValidated', { ...order, items: pricedItems, totalCents }, context)
}

export function reservedEvent({ orderId, customerId, currency }: TestOrder): EventOf<'StockReserved'> {
  return eventOf('StockReserved', { orderId, customerId, totalCents: 100, currency }, context)
}

export function cancelledEvent({ orderId, customerId }: TestOrder): EventOf<'OrderCancelled'> {
  return eventOf('OrderCancelled', { orderId, customerId, reason: 'PAYMENT_DECLINED' }, context)
}
