// Where is the parcel of an order? With its carrier, as the carrier has reported it last; the
// events of its way are in the order's timeline.
import type { OrderView } from '../../model/orders.ts'

const tones: Readonly<Record<string, string>> = { DELIVERED: 'good', RETURNED: 'bad', LOST: 'bad' }

export function OrderParcel({ order: { parcel } }: { readonly order: Pick<OrderView, 'parcel'> }) {
  if (!parcel) return null
  const { carrier, trackingNumber, trackingUrl, status } = parcel
  const number = <code>{trackingNumber}</code>
  return (
    <>
      <h3>Parcel</h3>
      <ul class="money">
        <li>
          <strong>{carrier}</strong>
          <span class={`state small ${tones[status] ?? 'busy'}`}>{status}</span>
          {trackingUrl !== undefined && /^https?:\/\//.test(trackingUrl) ? (
            <a href={trackingUrl} target="_blank" rel="noreferrer">
              {number}
            </a>
          ) : (
            number
          )}
        </li>
      </ul>
    </>
  )
}
