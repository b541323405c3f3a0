// What does a customer read about their order? A subject and a few plain lines for each state, and
// nothing about how the shop is built.
import { amountText } from '@orderpipeline/order-events'
import type { CancellationReason, EventData, Parcel, ParcelStatus } from '@orderpipeline/order-events'

export interface MailText {
  readonly subject: string
  readonly body: string
}

const reasons: Record<CancellationReason, string> = {
  UNKNOWN_SKU: 'It named a product that we do not sell.',
  OUT_OF_STOCK: 'What you ordered is sold out.',
  PAYMENT_DECLINED: 'Your payment was declined.',
  CUSTOMER: 'You asked us to cancel it.',
  DEADLINE: 'We could not complete it in the time we promise.',
  DISPUTED: 'Your bank has taken your payment back.',
  FRAUD: 'We cannot accept it.',
  SHOP: 'We had to cancel it.',
}

/** `undefined`: there is no mail about this state. */
export function statusMailText({
  orderId,
  status,
  reason,
  parcel,
}: EventData<'OrderStatusChanged'>): MailText | undefined {
  const mailText = (what: string, ...lines: string[]): MailText => orderLetter(orderId, what, lines)
  switch (status) {
    case 'PLACED':
      return undefined
    case 'PROCESSING':
      return mailText(
        'has come in',
        'thank you for your order. We are getting it ready and write again when it is paid.',
      )
    case 'CONFIRMED':
      return mailText('is confirmed', 'your payment has come in. We are packing your order.')
    case 'SHIPPED':
      return mailText('is on its way', 'your order has left our house.', ...tracking(parcel))
    case 'CANCELLED':
      return mailText(
        'was cancelled',
        `your order was cancelled. ${reason === undefined ? '' : reasons[reason]}`.trim(),
        ...(reason === 'DISPUTED' ? [] : ['Whatever you had paid for it is on its way back to you.']),
      )
  }
}

const parcels: Record<ParcelStatus, readonly [what: string, line: string]> = {
  DELIVERED: ['has been delivered', 'your parcel has been handed over.'],
  DELIVERY_FAILED: [
    'could not be delivered',
    'your parcel could not be handed over. The carrier says what comes next.',
  ],
  RETURNED: ['has come back to us', 'your parcel has come back to us. We will write to you about it.'],
}

export function parcelMailText({ orderId, status, parcel }: EventData<'ParcelStatusChanged'>): MailText {
  const [what, line] = parcels[status]
  return orderLetter(orderId, what, [line, ...tracking(parcel)])
}

export function refundMailText({ orderId, amountCents, currency }: EventData<'PaymentPartlyRefunded'>): MailText {
  const amount = amountText(amountCents, currency)
  return orderLetter(orderId, 'was refunded in part', [`${amount} are on their way back to you.`])
}

function orderLetter(orderId: string, what: string, lines: readonly string[]): MailText {
  return {
    subject: `Your order ${orderId.slice(-8).toUpperCase()} ${what}`,
    body: [`Hello,`, '', ...lines, '', `Order ${orderId}`, ''].join('\n'),
  }
}

function tracking(parcel: Parcel | undefined): string[] {
  if (!parcel) return []
  const { carrier, trackingNumber, trackingUrl } = parcel
  return ['', `${carrier} carries it, number ${trackingNumber}.`, ...(trackingUrl === undefined ? [] : [trackingUrl])]
}

export function recommendationMailText({ skus }: EventData<'ProductsRecommended'>): MailText {
  return {
    subject: 'You may like this too',
    body: ['Hello,', '', 'others who bought what you did also chose:', '', ...skus.map((sku) => `  ${sku}`), ''].join(
      '\n',
    ),
  }
}

export function cartMailText({ items }: EventData<'CartAbandoned'>): MailText {
  const lines = items.map(({ sku, quantity }) => `  ${quantity} × ${sku}`)
  return {
    subject: 'Your cart is waiting for you',
    body: ['Hello,', '', 'you have left in your cart:', '', ...lines, ''].join('\n'),
  }
}

/** For the SMS that goes to a number which is not confirmed; its reader may not know the shop. */
export function codeText(code: string): MailText {
  const advice = 'It is valid for 10 minutes. If you have not requested it, ignore this message.'
  return { subject: 'Your code', body: `${code} is the code for your phone number. ${advice}` }
}

/**
 * For an SMS or a push message: one paragraph, without greeting and without the order's whole id.
 */
export function shortText({ subject, body }: MailText): MailText {
  const lines = body
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && line !== 'Hello,' && !line.startsWith('Order '))
  const text = lines.join(' ')
  return { subject, body: `${subject}. ${text.charAt(0).toUpperCase()}${text.slice(1)}`.trim() }
}
