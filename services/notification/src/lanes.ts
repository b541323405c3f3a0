// Which lanes has the queue of messages? One for each channel and purpose. A message about an order
// never waits behind marketing, and no channel waits for another: each lane has its own senders.
export const channels = ['mail', 'sms', 'push'] as const
export type Channel = (typeof channels)[number]

/** The lanes of mails have the names that older versions know. */
export const lanes = [
  ...(['order', 'marketing', 'sms-order', 'sms-marketing', 'push-order', 'push-marketing'] as const),
  'sms-code',
] as const
export type Lane = (typeof lanes)[number]
/** The lanes that need the customer's consent. */
export type ConsentedLane = Exclude<Lane, 'order' | 'sms-code'>

export type Purpose = 'order' | 'marketing' | 'code'

interface LaneFacts {
  readonly channel: Channel
  readonly purpose: Purpose
}

const facts: Readonly<Record<Lane, LaneFacts>> = {
  order: { channel: 'mail', purpose: 'order' },
  marketing: { channel: 'mail', purpose: 'marketing' },
  'sms-order': { channel: 'sms', purpose: 'order' },
  'sms-marketing': { channel: 'sms', purpose: 'marketing' },
  'push-order': { channel: 'push', purpose: 'order' },
  'push-marketing': { channel: 'push', purpose: 'marketing' },
  'sms-code': { channel: 'sms', purpose: 'code' },
}

export function channelOf(lane: Lane): Channel {
  return facts[lane].channel
}

export function purposeOf(lane: Lane): Purpose {
  return facts[lane].purpose
}

export function isMarketing(lane: Lane): boolean {
  return purposeOf(lane) === 'marketing'
}

export function needsConsent(lane: Lane): lane is ConsentedLane {
  return purposeOf(lane) !== 'code' && lane !== 'order'
}

export function lanesOf(channel: Channel): Lane[] {
  return lanes.filter((lane) => channelOf(lane) === channel)
}
