// What is written for one order? Its rows and its first event, all decided before the first
// statement.
import { createHash } from 'node:crypto'
import { encode, eventOf } from '@orderpipeline/order-events'
import type { OrderItem, Priority } from '@orderpipeline/order-events'

export interface OrderRequest {
  readonly customerId: string
  readonly currency: string
  readonly items: readonly OrderItem[]
  /**
   * The order is refused if it costs something else; in the currency's minor unit. It does not
   * identify a repeat.
   */
  readonly expectedTotalCents?: number | undefined
  /** The class of the order, if it costs so much; where orders have classes. */
  readonly priorityOf?: ((totalCents: number) => Priority) | undefined
  readonly idempotencyKey?: string | undefined
  readonly correlationId?: string | undefined
  readonly traceparent?: string | undefined
}

/** An order not yet written. */
export interface NewOrder {
  readonly orderId: string
  readonly request: OrderRequest
  /** That of a repeat of this order in the same words; another one is compared line by line. */
  readonly requestHash: string
  readonly event: {
    readonly id: string
    readonly topic: string
    readonly key: string
    readonly value: string
    readonly headers: Readonly<Record<string, string>>
  }
}

/** `orderId` is a uuid v7, so that orders that come in together lie together in the index. */
export function newOrder(
  request: OrderRequest,
  orderId: string,
  now: Date,
  keyedByOrder?: (topic: string) => boolean,
): NewOrder {
  const { customerId, currency, correlationId, traceparent } = request
  const items = request.items.map(({ sku, quantity }) => ({ sku, quantity }))
  const event = eventOf(
    'OrderPlaced',
    { orderId, customerId, items, currency },
    { source: '/orders', now, correlationId, traceparent },
  )
  const { topic, key, value, headers } = encode(event, keyedByOrder)
  return {
    orderId,
    request,
    requestHash: request.idempotencyKey === undefined ? '' : hashOf(request),
    event: { id: event.id, topic, key, value, headers },
  }
}

/** A customer's own; of an order without one there is no repeat. */
export function keyOf({ customerId, idempotencyKey }: OrderRequest): string | undefined {
  return idempotencyKey === undefined ? undefined : JSON.stringify([customerId, idempotencyKey])
}

/**
 * A hash of what the customer ordered, not of how the JSON was written. It depends on the order of
 * the lines, as it did when `isSameOrder` was not there yet: gateways of an older version know no
 * other hash.
 */
export function hashOf({ customerId, currency, items }: OrderRequest): string {
  const canonical = JSON.stringify([customerId, currency, items.map(({ sku, quantity }) => [sku, quantity])])
  return createHash('sha256').update(canonical).digest('base64url')
}

export type OrderContent = Pick<OrderRequest, 'currency' | 'items'>

/** Whether the one is a repeat of the other, for one customer: their lines may be in any order. */
export function isSameOrder(one: OrderContent, other: OrderContent): boolean {
  return one.currency === other.currency && linesOf(one).join() === linesOf(other).join()
}

function linesOf({ items }: OrderContent): readonly string[] {
  return items.map(({ sku, quantity }) => JSON.stringify([sku, quantity])).sort()
}

/**
 * For its class an order counts as what it is expected to cost: if it costs something else, it is
 * refused.
 */
export function expectedPriority({ priorityOf, expectedTotalCents }: OrderRequest): Priority | undefined {
  return priorityOf?.(expectedTotalCents ?? 0)
}
