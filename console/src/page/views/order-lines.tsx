// What was ordered, and how much of it is there now? Levels are for the shop's staff alone.
import type { OrderView } from '../../model/orders.ts'
import { StockState } from './stock-view.tsx'

export function OrderLines({ order: { items, staff } }: { readonly order: Pick<OrderView, 'items' | 'staff'> }) {
  const stock = staff?.stock
  if (!stock) return null
  const levels = new Map(stock.map((level) => [level.sku, level]))
  return (
    <>
      <h3>Stock of its lines</h3>
      <ul class="money">
        {items.map(({ sku, quantity }) => {
          const level = levels.get(sku)
          return (
            <li key={sku}>
              <strong>
                {quantity} × {sku}
              </strong>
              {level ? <StockState level={level} /> : <span class="reason">no level published</span>}
            </li>
          )
        })}
      </ul>
    </>
  )
}
