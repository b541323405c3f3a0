// Where is order X? Looked up by its id, or in a customer's list: its history, the stage it waits
// for, and how many messages are before it.
import { useEffect, useState } from 'preact/hooks'
import type { Rights } from '../../model/actions.ts'
import { isChanging, isFinal, logCommand, orderIdPattern, traceAddress, waitsFor } from '../../model/orders.ts'
import type { OrderView } from '../../model/orders.ts'
import { keyOf } from '../../model/state.ts'
import type { PipelineState } from '../../model/state.ts'
import { CopyCommand } from '../copy-command.tsx'
import { fetchJson } from '../live.ts'
import type { Answered } from '../live.ts'
import { go } from '../navigation.ts'
import { pathOf, scalingPath } from '../route.ts'
import { staffHeaders, staffToken } from '../staff-token.ts'
import { Cancelling } from './cancelling.tsx'
import { CustomerOrdersList } from './customer-orders.tsx'
import { Channels } from './customer-channels.tsx'
import { HoldDecisions } from './hold-decision.tsx'
import { OrderLines } from './order-lines.tsx'
import { OrderMoney } from './order-money.tsx'
import { OrderParcel } from './order-parcel.tsx'
import { LookupFailed, orderTone } from './order-parts.tsx'
import { StaffHistory } from './staff-history.tsx'
import { StaffTokenForm } from './staff-token-form.tsx'
import { amountText, dateText, durationText, plural, waitText } from '../words.ts'

const againMs = 2_000
/** Each look of the staff is counted. */
const againAsStaffMs = 10_000

interface OrdersViewProps {
  readonly pipeline: PipelineState
  readonly id: string | undefined
  readonly customer: string | undefined
  readonly rights: Rights | undefined
  readonly traceUrl: string | undefined
}

export function OrdersView({ pipeline, id, customer, rights, traceUrl }: OrdersViewProps) {
  const key = keyOf(pipeline)
  const initialText = id ?? customer ?? ''
  const [typed, setTyped] = useState(initialText)
  const [token, setToken] = useState(staffToken)
  const answer = useOrder(key, id, token)
  useEffect(() => setTyped(initialText), [initialText])
  if (!pipeline.hasGateway)
    return (
      <>
        <h1>Orders</h1>
        <p class="empty">This pipeline has no gateway, so there is nobody to ask for an order.</p>
      </>
    )
  return (
    <>
      <h1>Orders</h1>
      <form
        class="lookup"
        role="search"
        onSubmit={(event) => {
          event.preventDefault()
          const searchText = typed.trim()
          const which = orderIdPattern.test(searchText) ? { id: searchText } : { customer: searchText }
          if (searchText !== '') go(pathOf({ view: 'orders', pipeline: key, ...which }))
        }}
      >
        <label for="order-id">Order id or customer</label>
        <input
          {...{ id: 'order-id', value: typed, spellcheck: false, autocomplete: 'off' }}
          placeholder="01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f"
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button type="submit">Find</button>
      </form>
      <StaffTokenForm token={token} onChange={setToken} />
      <div aria-live="polite">
        {id !== undefined && answer === undefined && <p class="empty">Asking the gateway …</p>}
        {answer && 'message' in answer && <LookupFailed answer={answer} />}
      </div>
      {answer && 'value' in answer && <Order order={answer.value} {...{ pipeline, rights, traceUrl, token }} />}
      {customer !== undefined && <CustomerOrdersList key={customer} pipeline={key} customer={customer} />}
      {id === undefined && customer === undefined && (
        <p class="empty">
          The gateway gives an order its id when it takes it; paste it here, or the customer's, and link to what you
          find.
        </p>
      )}
    </>
  )
}

/** The console or the gateway gave no answer: it is busy, or just starts. */
function isPassing(status: number): boolean {
  return status === 0 || status >= 500
}

/** Reads again until the order has ended and its refunds are made. */
function useOrder(
  pipeline: string,
  id: string | undefined,
  token: string | undefined,
): Answered<OrderView> | undefined {
  const [entry, setEntry] = useState<{ readonly id: string; readonly answer: Answered<OrderView> }>()
  useEffect(() => {
    if (id === undefined) return
    let cancelled = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const look = async (): Promise<void> => {
      const path = `/api/orders/${pipeline}/${encodeURIComponent(id)}`
      const answer = await fetchJson<OrderView>(path, { headers: staffHeaders(token) })
      if (cancelled) return
      setEntry({ id, answer })
      const pauseMs = token === undefined ? againMs : againAsStaffMs
      const mayChange = 'value' in answer ? isChanging(answer.value) : isPassing(answer.status)
      if (mayChange) timer = setTimeout(() => void look(), pauseMs)
    }
    void look()
    return () => {
      cancelled = true
      clearTimeout(timer)
    }
  }, [pipeline, id, token])
  return entry !== undefined && entry.id === id ? entry.answer : undefined
}

interface OrderProps {
  readonly order: OrderView
  readonly pipeline: PipelineState
  readonly rights: Rights | undefined
  readonly traceUrl: string | undefined
  readonly token: string | undefined
}

function Order({ order, pipeline, rights, traceUrl, token }: OrderProps) {
  const waiting = waitsFor(
    order,
    pipeline.parts.map(({ name }) => name),
  )
  const part = pipeline.parts.find(({ name }) => name === waiting)
  const logs = logCommand(pipeline, order)
  return (
    <article class="panel order" aria-labelledby="order-title">
      <div class="panel-head">
        <h2 id="order-title">
          <code>{order.orderId}</code>
        </h2>
        <span class={`state ${orderTone(order)}`}>
          {order.reason ? `${order.status}: ${order.reason}` : order.status}
        </span>
      </div>
      {part && (
        <p class="verdict busy">
          Waits for <a href={scalingPath(keyOf(pipeline), part.name)}>{part.name}</a>
          {part.lag
            ? `, behind at most ${plural(part.lag, 'message')} (${waitText(part)}).`
            : ', where nothing else waits.'}
        </p>
      )}
      <OrderFacts {...{ order, pipeline, traceUrl }} />
      {logs !== undefined && <CopyCommand command={logs} label="that prints its log lines" />}
      {order.status === 'HELD' && <p class="verdict busy">Held: it is not charged until it is released.</p>}
      {rights && order.status === 'HELD' && (
        <HoldDecisions key={order.orderId} staffToken={token} {...{ order, pipeline, rights }} />
      )}
      {rights && !isFinal(order) && (
        <Cancelling key={order.orderId} staffToken={token} {...{ order, pipeline, rights }} />
      )}
      {order.staff && <StaffHistory staff={order.staff} />}
      <OrderLines order={order} />
      <OrderMoney order={order} />
      <OrderParcel order={order} />
      <Channels pipeline={keyOf(pipeline)} customer={order.customerId} />
      <h3>Timeline</h3>
      <ol class="timeline">
        {order.timeline.map(({ event, status, reason, at }, index) => (
          <li key={`${event} ${at} ${index}`} class={status ?? ''}>
            <time dateTime={at}>{dateText(at)}</time>
            <strong>{event}</strong>
            {status !== undefined && <span class="state small">{status}</span>}
            {reason !== undefined && <span class="reason">{reason}</span>}
            {index > 0 && <span class="after">{afterText(order.timeline[index - 1]?.at, at)}</span>}
          </li>
        ))}
      </ol>
    </article>
  )
}

function OrderFacts({ order, pipeline, traceUrl }: Omit<OrderProps, 'rights' | 'token'>) {
  return (
    <dl class="facts">
      <dt>Customer</dt>
      <dd>
        <a href={pathOf({ view: 'orders', pipeline: keyOf(pipeline), customer: order.customerId })}>
          {order.customerId}
        </a>
      </dd>
      <dt>Total</dt>
      <dd>{order.totalCents === undefined ? 'not priced yet' : amountText(order.totalCents, order.currency)}</dd>
      <dt>Items</dt>
      <dd>{order.items.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ')}</dd>
      {order.priority !== undefined && (
        <>
          <dt>Class</dt>
          <dd>{order.priority}</dd>
        </>
      )}
      <dt>Placed</dt>
      <dd>{dateText(order.placedAt)}</dd>
      {order.requestId !== undefined && (
        <>
          <dt>Request</dt>
          <dd>
            <code>{order.requestId}</code>
          </dd>
        </>
      )}
      {order.traceId !== undefined && (
        <>
          <dt>Trace</dt>
          <dd>
            <Trace id={order.traceId} address={traceAddress(traceUrl, order)} />
          </dd>
        </>
      )}
    </dl>
  )
}

/** In another tab: the view of the order stays open. */
function Trace({ id, address }: { readonly id: string; readonly address: string | undefined }) {
  const code = <code>{id}</code>
  if (address === undefined) return code
  return (
    <a href={address} target="_blank" rel="noreferrer">
      {code}
    </a>
  )
}

function afterText(before: string | undefined, at: string): string {
  const milliseconds = Date.parse(at) - Date.parse(before ?? at)
  return milliseconds < 1_000 ? `+${Math.max(0, milliseconds)} ms` : `+${durationText(milliseconds / 1_000)}`
}
