// Which orders has a customer? Newest first, a page at a time, each a link to itself.
import { useEffect, useState } from 'preact/hooks'
import type { CustomerOrders, OrderSummary } from '../../model/orders.ts'
import { fetchJson } from '../live.ts'
import type { Answered } from '../live.ts'
import { pathOf } from '../route.ts'
import { amountText, dateText, plural } from '../words.ts'
import { Channels } from './customer-channels.tsx'
import { LookupFailed, orderTone } from './order-parts.tsx'

interface CustomerOrdersProps {
  readonly pipeline: string
  readonly customer: string
}

/** So many of a customer's orders are enough here; the gateway lists all. */
const mostShown = 500

export function CustomerOrdersList({ pipeline, customer }: CustomerOrdersProps) {
  const [orders, setOrders] = useState<readonly OrderSummary[]>([])
  const [last, setLast] = useState<Answered<CustomerOrders>>()
  const read = async (cursor?: string): Promise<void> => {
    const query = cursor === undefined ? '' : `?cursor=${encodeURIComponent(cursor)}`
    const answer = await fetchJson<CustomerOrders>(`/api/customers/${pipeline}/${encodeURIComponent(customer)}${query}`)
    setLast(answer)
    if ('value' in answer) setOrders((before) => [...before, ...answer.value.orders].slice(0, mostShown))
  }
  useEffect(() => void read(), [])
  const next = last && 'value' in last && orders.length < mostShown ? last.value.next : undefined
  return (
    <section class="panel" aria-labelledby="customer-title">
      <h2 id="customer-title">Orders of {customer}</h2>
      <div aria-live="polite">
        {last === undefined && <p class="empty">Asking the gateway …</p>}
        {last && 'message' in last && <LookupFailed answer={last} />}
        {last && 'value' in last && orders.length === 0 && <p class="empty">There is no order of {customer}.</p>}
        {orders.length > 0 && <p class="hint">{plural(orders.length, 'order')}, newest first</p>}
      </div>
      <ul class="customer-orders">
        {orders.map((order) => (
          <Line key={order.orderId} order={order} pipeline={pipeline} />
        ))}
      </ul>
      {next !== undefined && (
        <button type="button" onClick={() => void read(next)}>
          Older ones
        </button>
      )}
      <Channels pipeline={pipeline} customer={customer} />
    </section>
  )
}

function Line({ order, pipeline }: { readonly order: OrderSummary; readonly pipeline: string }) {
  const { orderId, status, reason, totalCents, currency, placedAt } = order
  return (
    <li>
      <a href={pathOf({ view: 'orders', pipeline, id: orderId })}>
        <code>{orderId}</code>
      </a>
      <span class={`state ${orderTone(order)}`}>{reason ? `${status}: ${reason}` : status}</span>
      <span>{totalCents === undefined ? '' : amountText(totalCents, currency)}</span>
      <time dateTime={placedAt}>{dateText(placedAt)}</time>
    </li>
  )
}
