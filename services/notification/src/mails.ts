// Which mails about orders follow from a batch of events? One for each state that a customer was
// not notified of, for each event of a parcel, and for each refund of a part.
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import type { Lane } from './lanes.ts'
import { statusMailText, parcelMailText, refundMailText } from './templates.ts'
import type { MailText } from './templates.ts'

/** A message of the queue; in the lanes of mails, a mail. */
export interface Mail extends MailText {
  readonly lane: Lane
  /** Unknown of mails that a previous version has stored. */
  readonly customerId?: string | null | undefined
  /**
   * It follows from the content: sent again after a crash, it is the same mail to every mailbox
   * that compares ids.
   */
  readonly messageId: string
  /** A mail address, a phone number, or the JSON of a push subscription. */
  readonly recipient: string
  /** W3C, of the work that made it. */
  readonly traceparent?: string | null | undefined
}

export interface Addressing {
  /** Behind the @ of message ids: a domain of the shop's own. */
  readonly domain: string
  /**
   * A customer's address, with {customerId} for who it is; a customer id that is an address stands
   * for itself.
   */
  readonly to: string
}

export function addressOf(customerId: string, { to }: Addressing): string {
  return /^[^@\s]+@[^@\s]+$/.test(customerId) ? customerId : to.replaceAll('{customerId}', customerId)
}

/**
 * Mails for status changes that are new in this batch. `endedOrders`: their end had a mail before.
 */
export function orderMails(
  changes: readonly EventOf<'OrderStatusChanged'>[],
  endedOrders: ReadonlySet<string>,
  addressing: Addressing,
): Mail[] {
  return changes.flatMap(({ data, traceparent }) => {
    // The end came first: a customer does not want to read that a cancelled order has come in.
    const stale = endedOrders.has(data.orderId) && data.status !== 'SHIPPED' && data.status !== 'CANCELLED'
    const mailText = stale ? undefined : statusMailText(data)
    if (!mailText) return []
    const id = `${data.orderId}.${data.status.toLowerCase()}`
    return [{ ...mail('order', id, data.customerId, mailText, addressing), traceparent }]
  })
}

export function parcelMails(events: readonly OrderEvent[], addressing: Addressing): Mail[] {
  return events.flatMap((event) => {
    if (event.type !== 'ParcelStatusChanged') return []
    const { data, traceparent } = event
    const id = `${data.orderId}.parcel-${data.status.toLowerCase().replace('_', '-')}`
    return [{ ...mail('order', id, data.customerId, parcelMailText(data), addressing), traceparent }]
  })
}

/** One for each refund of a part. */
export function refundMails(events: readonly OrderEvent[], addressing: Addressing): Mail[] {
  return events.flatMap((event) => {
    if (event.type !== 'PaymentPartlyRefunded') return []
    const { data, traceparent } = event
    const id = `${data.orderId}.refund-${data.refundId}`
    return [{ ...mail('order', id, data.customerId, refundMailText(data), addressing), traceparent }]
  })
}

const marketingEvents: ReadonlySet<string> = new Set(['ProductsRecommended', 'CartAbandoned'])

/** How many recommendations and carts are older than `since`; they make no message. */
export function staleRecommendations(events: readonly OrderEvent[], since = new Date(0)): number {
  return events.filter(({ type, time }) => marketingEvents.has(type) && Date.parse(time) < since.getTime()).length
}

function mail(lane: Lane, id: string, customerId: string, mailText: MailText, addressing: Addressing): Mail {
  return {
    lane,
    customerId,
    messageId: `<${id}@${addressing.domain}>`,
    recipient: addressOf(customerId, addressing),
    ...mailText,
  }
}
