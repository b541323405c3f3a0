// Does a customer get by each channel what they have agreed to, and nothing else?
import { expect, test } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import type { AnnouncedStatus } from '@orderpipeline/order-events'
import { channelMessages, closedReminders, occasionsOf } from './channel-messages.ts'
import type { Recipient } from './channel-messages.ts'
import { channels } from './lanes.ts'
import type { Channel } from './lanes.ts'
import { contentOf } from './smtp.ts'

const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
const customerId = 'customer-7'
const addressing = { domain: 'shop.example', to: '{customerId}@customers.example' }
const context = { source: '/test', now: new Date(0) }
const parcel = { carrier: 'Swift', trackingNumber: 'N-7', trackingUrl: 'https://swift.example/N-7' }
function statusChange(status: AnnouncedStatus) {
  return eventOf('OrderStatusChanged', { orderId, customerId, status, parcel }, context, status)
}
const recommended = eventOf('ProductsRecommended', { orderId, customerId, skus: ['SKU-0002'] }, context)
const delivered = eventOf('ParcelStatusChanged', { orderId, customerId, status: 'DELIVERED', parcel }, context)
const everyOccasion = occasionsOf((['PROCESSING', 'CONFIRMED', 'SHIPPED'] as const).map(statusChange), [
  recommended,
  delivered,
])
const subscriptions = ['https://push.example/1', 'https://push.example/2'].map((endpoint) => ({
  ...{ endpoint, p256dh: 'p', auth: 'a' },
}))
function messagesFor(lanes: readonly string[], more: Partial<Recipient> = {}, enabled: readonly Channel[] = channels) {
  const recipient = { customerId, phone: '+4915112345678', lanes, subscriptions, ...more }
  return channelMessages(everyOccasion, new Map([[customerId, recipient]]), addressing, new Set(enabled))
}

test('a customer who has agreed to nothing gets nothing', () => {
  expect(messagesFor([])).toEqual([])
  expect(channelMessages(everyOccasion, new Map(), addressing, new Set(channels))).toEqual([])
})

test('marketing goes by the channels that the customer has agreed to for marketing', () => {
  expect(messagesFor(['marketing'])).toMatchObject([
    { lane: 'marketing', customerId, recipient: 'customer-7@customers.example', subject: 'You may like this too' },
  ])
  expect(messagesFor(['sms-marketing'])).toMatchObject([{ lane: 'sms-marketing', recipient: '+4915112345678' }])
  expect(messagesFor(['marketing', 'sms-marketing', 'push-marketing']).map(({ lane }) => lane)).toEqual([
    ...['marketing', 'sms-marketing', 'push-marketing', 'push-marketing'],
  ])
})

test('short messages about an order are for what a customer acts on', () => {
  const messages = messagesFor(['sms-order'])
  expect(messages.map(({ messageId }) => messageId)).toEqual([
    `sms:${orderId}.shipped`,
    `sms:${orderId}.parcel-delivered`,
  ])
  expect(messages[0]?.body).toBe(
    'Your order 7C8D9E0F is on its way. Your order has left our house. Swift carries it, number N-7. https://swift.example/N-7',
  )
})

test('a push message goes to each browser, under an id of its own', () => {
  const messages = messagesFor(['push-order'])
  expect(new Set(messages.map(({ messageId }) => messageId)).size).toBe(4)
  // Ids are in logs and traces; an endpoint lets its reader write to the browser.
  expect(messages.filter(({ messageId }) => messageId.includes('push.example'))).toEqual([])
  expect(new Set(messages.map(({ recipient }) => recipient))).toEqual(
    new Set(subscriptions.map((one) => JSON.stringify(one))),
  )
})

test('a consent without an address, or to a channel that is off, makes no message', () => {
  expect(messagesFor(['sms-order', 'push-order'], { phone: null, subscriptions: [] })).toEqual([])
  expect(messagesFor(['sms-order', 'push-order', 'sms-marketing'], {}, ['mail'])).toEqual([])
})

test('recommendations that are too old make no message', () => {
  expect(occasionsOf([], [recommended], new Date(Date.parse(recommended.time) + 1))).toEqual([])
  expect(occasionsOf([], [recommended], new Date(recommended.time))).toHaveLength(1)
})

test('a marketing mail says how to end it, to readers and to mail programs', () => {
  const [mail] = messagesFor(['marketing'])
  if (!mail) throw new Error('expected a mail')
  const url = 'https://shop.example/v1/unsubscribe?token=t'
  expect(contentOf(mail, () => url)).toEqual({
    text: expect.stringContaining(url) as string,
    headers: { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  })
  expect(contentOf({ ...mail, lane: 'order' }, () => url)).toEqual({ text: mail.body })
})

test('a closed cart takes back the reminder of each channel', () => {
  const items = [{ sku: 'SKU-0001', quantity: 2 }]
  const abandoned = eventOf('CartAbandoned', { orderId, customerId, items }, context)
  const lanes = ['marketing', 'sms-marketing', 'push-marketing']
  const recipients = new Map([[customerId, { customerId, phone: '+4915112345678', lanes, subscriptions }]])
  const messages = channelMessages(occasionsOf([], [abandoned]), recipients, addressing, new Set(channels))
  expect(messages[0]?.body).toContain('2 × SKU-0001')
  const closed = eventOf('CartClosed', { orderId, customerId }, context)
  expect(closedReminders([abandoned, closed], recipients, addressing)).toEqual(
    messages.map(({ messageId }) => messageId),
  )
  expect(closedReminders([abandoned], recipients, addressing)).toEqual([])
  expect(closedReminders([closed], new Map(), addressing)).toEqual([])
})
