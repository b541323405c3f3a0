// Which messages besides mails about orders follow from events? SMS and push messages about parcels
// and the end of an order, and marketing, each for customers who have agreed to its lane.
import { createHash } from 'node:crypto'
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import { channelOf, isMarketing, lanes, needsConsent } from './lanes.ts'
import type { Channel, ConsentedLane } from './lanes.ts'
import { addressOf } from './mails.ts'
import type { Addressing, Mail } from './mails.ts'
import { cartMailText, parcelMailText, recommendationMailText, shortText, statusMailText } from './templates.ts'
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
      case 'CartAbandoned': {
        if (Date.parse(event.time) < since.getTime()) return []
        const { orderId: cartId, customerId } = event.data
        const text = cartMailText(event.data)
        return [{ id: reminderId(cartId), customerId, purpose: 'marketing', text, traceparent }]
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

/** One reminder for a cart, however often it is reported. */
function reminderId(cartId: string): string {
  return `${cartId}.cart`
}

/** The ids of the reminders of carts that are closed; where they still wait, they are not sent. */
export function closedReminders(
  events: readonly OrderEvent[],
  recipients: ReadonlyMap<string, Recipient>,
  addressing: Addressing,
): string[] {
  return events.flatMap((event) => {
    const recipient = event.type === 'CartClosed' ? recipients.get(event.data.customerId) : undefined
    if (!recipient) return []
    const id = reminderId(event.data.orderId)
    return marketingLanes.flatMap((lane) => idsIn(lane, id, recipient, addressing))
  })
}

const marketingLanes = lanes.filter(needsConsent).filter(isMarketing)

/**
 * A push message has one for each browser, by the hash of its endpoint: ids are in logs and traces,
 * and who knows an endpoint can write to the browser.
 */
function idsIn(lane: ConsentedLane, id: string, { subscriptions }: Recipient, { domain }: Addressing): string[] {
  switch (channelOf(lane)) {
    case 'mail':
      return [`<${id}@${domain}>`]
    case 'sms':
      return [`sms:${id}`]
    case 'push':
      return subscriptions.map(({ endpoint }) => `push:${id}:${hashOf(endpoint)}`)
  }
}

function hashOf(endpoint: string): string {
  return createHash('sha256').update(endpoint).digest('base64url')
}

function messagesIn(
  lane: ConsentedLane,
  { id, customerId, text, traceparent }: Occasion,
  recipient: Recipient,
  addressing: Addressing,
): Mail[] {
  const short = channelOf(lane) === 'mail' ? text : shortText(text)
  const addresses = addressesIn(lane, customerId, recipient, addressing)
  const ids = idsIn(lane, id, recipient, addressing)
  return addresses.map((address, n) => ({
    ...{ lane, customerId, traceparent, messageId: ids[n] ?? '', recipient: address },
    ...short,
  }))
}

/** As many as there are ids, or none. */
function addressesIn(
  lane: ConsentedLane,
  customerId: string,
  { phone, subscriptions }: Recipient,
  addressing: Addressing,
): string[] {
  switch (channelOf(lane)) {
    case 'mail':
      return [addressOf(customerId, addressing)]
    case 'sms':
      return phone === null ? [] : [phone]
    case 'push':
      return subscriptions.map(({ endpoint, p256dh, auth }) => JSON.stringify({ endpoint, p256dh, auth }))
  }
}
