// What does a piece cost in an order that was just placed? What was agreed then and stands in its
// lines. An order that an older gateway took has nothing there: it costs what its products cost
// now, in its own currency.
import type { Queryable } from '@orderpipeline/postgres'
import type { OrderEvent } from '@orderpipeline/order-events'
import { idRange } from '../sql/id-range.ts'
import { pricesOf } from '../sql/products.ts'
import { agreedPrices } from '../sql/stage.ts'
import type { Facts } from './saga.ts'

/** The price of every line that these events place; both statements are sent together. */
export async function orderedPrices(tx: Queryable, events: readonly OrderEvent[]): Promise<Facts['priceOf']> {
  const placedOrders = events.flatMap((event) => (event.type === 'OrderPlaced' ? [event.data] : []))
  if (placedOrders.length === 0) return () => undefined
  const ids = [...new Set(placedOrders.map(({ orderId }) => orderId))]
  const skus = [...new Set(placedOrders.flatMap(({ items }) => items.map(({ sku }) => sku)))]
  const [agreedRows, currentRows] = await Promise.all([
    tx.query<{ order_id: string; sku: string; unit_price_cents: number }>(agreedPrices, [ids, ...idRange(ids)]),
    tx.query<{ sku: string; currency: string; price_cents: number }>(pricesOf, [skus]),
  ])
  const pricesAtOrder = new Map(agreedRows.map((row) => [`${row.order_id} ${row.sku}`, row.unit_price_cents]))
  const current = new Map(currentRows.map((row) => [`${row.sku} ${row.currency}`, row.price_cents]))
  return (sku, { orderId, currency }) => pricesAtOrder.get(`${orderId} ${sku}`) ?? current.get(`${sku} ${currency}`)
}
