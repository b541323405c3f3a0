// Which messages besides mails about orders follow from events? SMS and push messages about parcels
// and the end of an order, and marketing, each for customers who have agreed to its lane.
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import { channelOf, isMarketing, lanes, needsConsent } from './lanes.ts'
import type { Channel, ConsentedLane } from './lanes.ts'
import { addressOf } from './mails.ts'
import type { Addressing, Mail } from './mails.ts'
import { parcelMailText, recommendationMailText, shortText, statusMailText } from './templates.ts'
import type { MailText } from './templates.ts'

/** What is known of a customer who has preferences. */
export interface Recipient {
  readonly customerId: string
  readonly phone: string | null
  readonly lanes: readonly string[]
  readonly subscriptions: readonly { readonly endpoint: string; readonly p256dh: string; readonly auth: string }[]
}

/** A lane and the event that it is about. */
interface Occasion {
  readonly id: string
  readonly customerId: string
  readonly purpose: 'order' | 'marketing'
  readonly text: MailText
  readonly traceparent?: string | null | undefined
}

/**
 * Short messages are for what a customer acts on: an order that is sent or ends, and its parcel.
 */
const announced: ReadonlySet<string> = new Set(['SHIPPED', 'CANCELLED'])

export function occasionsOf(
  changes: readonly EventOf<'OrderStatusChanged'>[],
  events: readonly OrderEvent[],
  since = new Date(0),
): Occasion[] {
  const states = changes.flatMap(({ data, traceparent }): Occasion[] => {
    const text = announced.has(data.status) ? statusMailText(data) : undefined
    if (!text) return []
    const id = `${data.orderId}.${data.status.toLowerCase()}`
    return [{ id, customerId: data.customerId, purpose: 'order', text, traceparent }]
  })
  const others = events.flatMap((event): Occasion[] => {
    const { traceparent } = event
    switch (event.type) {
      case 'ParcelStatusChanged': {
        const { orderId, customerId, status } = event.data
        const id = `${orderId}.parcel-${status.toLowerCase().replace('_', '-')}`
        return [{ id, customerId, purpose: 'order', text: parcelMailText(event.data), traceparent }]
      }
      case 'ProductsRecommended': {
        if (Date.parse(event.time) < since.getTime()) return []
        const { customerId } = event.data
        const text = recommendationMailText(event.data)
        return [{ id: `${event.id}.recommended`, customerId, purpose: 'marketing', text, traceparent }]
      }
      default:
        return []
    }
  })
  return [...states, ...others]
}

/** One message for each lane that the customer has agreed to, and for push one for each browser. */
export function channelMessages(
  occasions: readonly Occasion[],
  recipients: ReadonlyMap<string, Recipient>,
  addressing: Addressing,
  enabled: ReadonlySet<Channel>,
): Mail[] {
  return occasions.flatMap((occasion) => {
    const recipient = recipients.get(occasion.customerId)
    if (!recipient) return []
    return lanes
      .filter(needsConsent)
      .filter((lane) => isMarketing(lane) === (occasion.purpose === 'marketing'))
      .filter((lane) => enabled.has(channelOf(lane)) && recipient.lanes.includes(lane))
      .flatMap((lane) => messagesIn(lane, occasion, recipient, addressing))
  })
}

function messagesIn(
  lane: ConsentedLane,
  { id, customerId, text, traceparent }: Occasion,
  { phone, subscriptions }: Recipient,
  addressing: Addressing,
): Mail[] {
  const about = { lane, customerId, traceparent }
  switch (channelOf(lane)) {
    case 'mail':
      return [
        { ...about, messageId: `<${id}@${addressing.domain}>`, recipient: addressOf(customerId, addressing), ...text },
      ]
    case 'sms':
      return phone === null ? [] : [{ ...about, messageId: `sms:${id}`, recipient: phone, ...shortText(text) }]
    case 'push':
      return subscriptions.map(({ endpoint, p256dh, auth }) => ({
        ...about,
        messageId: `push:${id}:${endpoint}`,
        recipient: JSON.stringify({ endpoint, p256dh, auth }),
        ...shortText(text),
      }))
  }
}
