// Which mails follow from a batch of events? One for each state that a customer was not notified
// of, and for each recommendation.
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import { statusMailText, parcelMailText, recommendationMailText, refundMailText } from './templates.ts'
import type { MailText } from './templates.ts'

/**
 * An order mail never waits behind a marketing mail: each mail queue (lane) has its own senders.
 */
export const lanes = ['order', 'marketing'] as const
export type Lane = (typeof lanes)[number]

export interface Mail extends MailText {
  readonly lane: Lane
  /**
   * It follows from the content: sent again after a crash, it is the same mail to every mailbox
   * that compares ids.
   */
  readonly messageId: string
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

/** Mails for recommendations made at `since` or later, and how many are older, which have none. */
export function marketingMails(events: readonly OrderEvent[], addressing: Addressing, since = new Date(0)) {
  const recommendations = events.flatMap((event) => (event.type === 'ProductsRecommended' ? [event] : []))
  const timely = recommendations.filter(({ time }) => Date.parse(time) >= since.getTime())
  const mails = timely.map(({ id, data, traceparent }): Mail => {
    const mailText = recommendationMailText(data)
    return { ...mail('marketing', `${id}.recommended`, data.customerId, mailText, addressing), traceparent }
  })
  return { mails, dropped: recommendations.length - timely.length }
}

function mail(lane: Lane, id: string, customerId: string, mailText: MailText, addressing: Addressing): Mail {
  return {
    lane,
    messageId: `<${id}@${addressing.domain}>`,
    recipient: addressOf(customerId, addressing),
    ...mailText,
  }
}
