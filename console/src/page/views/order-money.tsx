// What became of an order's payment after it was made? Its refunds of parts and its disputes, each
// with how it stands, and what they come to. Nothing where there are none.
import { moneyAfterPayment } from '../../model/orders.ts'
import type { OrderView } from '../../model/orders.ts'
import { amountText } from '../words.ts'

const tones: Readonly<Record<string, string>> = {
  REFUNDED: 'good',
  REQUESTED: 'busy',
  REFUSED: 'bad',
  WON: 'good',
  OPEN: 'bad',
  LOST: 'bad',
}

export function OrderMoney({ order }: { readonly order: OrderView }) {
  const { currency, refunds = [], disputes = [] } = order
  if (refunds.length + disputes.length === 0) return null
  return (
    <>
      <h3>After the payment</h3>
      <p>{sumsText(order)}</p>
      <ul class="money">
        {refunds.map(({ refundId, amountCents, status, reason, refusal, items }) => (
          <li key={refundId}>
            <strong>Refund of {amountText(amountCents, currency)}</strong>
            <span class={`state small ${tones[status] ?? ''}`}>{refusal ? `${status}: ${refusal}` : status}</span>
            {items && <span>{items.map(({ sku, quantity }) => `${quantity} × ${sku}`).join(', ')}</span>}
            <span class="reason">{reason}</span>
          </li>
        ))}
        {disputes.map(({ disputeId, amountCents, currency: disputed, status, reason }) => (
          <li key={disputeId}>
            <strong>Dispute of {amountText(amountCents, disputed)}</strong>
            <span class={`state small ${tones[status] ?? ''}`}>{status}</span>
            <span class="reason">{reason}</span>
          </li>
        ))}
      </ul>
    </>
  )
}

function sumsText(order: OrderView): string {
  const { refundedCents, requestedCents, disputedCents } = moneyAfterPayment(order)
  const amount = (cents: number) => amountText(cents, order.currency)
  const total = order.totalCents === undefined ? '' : ` of ${amount(order.totalCents)}`
  const sums = [
    `${amount(refundedCents)}${total} refunded in parts`,
    ...(requestedCents > 0 ? [`${amount(requestedCents)} to be refunded`] : []),
    ...(disputedCents > 0 ? [`${amount(disputedCents)} disputed`] : []),
  ]
  return `${sums.join(', ')}.`
}
