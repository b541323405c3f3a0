// Is a request for a refund the one that was accepted under its idempotency key? The hash that is
// stored is of the lines in the order in which they came first, as every version has it; a repeat
// is compared in that order, whichever its own is.
import { createHash } from 'node:crypto'
import type { OrderItem } from '@orderpipeline/order-events'
import type { StoredRefund } from '../money/money.ts'

/** What is requested, not how the JSON was written, nor who requests it. */
export interface RequestContent {
  readonly amountCents?: number | undefined
  readonly items?: readonly OrderItem[] | undefined
  readonly reason: string
  readonly restock: boolean
}

export function hashOf({ amountCents, items, reason, restock }: RequestContent): string {
  const lines = items?.map(({ sku, quantity }) => [sku, quantity])
  const canonical = JSON.stringify([amountCents ?? null, lines ?? null, reason, restock])
  return createHash('sha256').update(canonical).digest('base64url')
}

/** The stored reason may have been erased since, and the hash has it still. */
export function isRepeat(request: RequestContent, { items: storedItems = [], hash }: StoredRefund): boolean {
  const places = new Map(storedItems.map((item, place) => [lineOf(item), place]))
  const placeOf = (item: OrderItem) => places.get(lineOf(item)) ?? storedItems.length
  const items = request.items?.toSorted((one, other) => placeOf(one) - placeOf(other))
  return hashOf({ ...request, items }) === hash
}

function lineOf({ sku, quantity }: OrderItem): string {
  return `${quantity} ${sku}`
}
