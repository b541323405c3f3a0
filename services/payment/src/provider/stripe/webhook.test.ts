// Is a webhook call believed only if Stripe has signed it just now, and acted on for our own orders
// only?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { silentLogger } from '@orderpipeline/process'
import { stripeSignature } from '../../../test/stripe-server.ts'
import { startWebhook, webhookPath } from './webhook.ts'
import type { Webhook } from './webhook.ts'

const now = new Date('2026-01-02T03:04:05Z')
const seconds = now.getTime() / 1_000
const hints: string[] = []
let fail = false
let webhook: Webhook
beforeAll(async () => {
  webhook = await startWebhook({
    port: 0,
    host: '127.0.0.1',
    secrets: ['whsec_old', 'whsec_new'],
    now: () => now,
    logger: silentLogger(),
    hints: {
      charge: (orderId) =>
        fail ? Promise.reject(new Error('no database')) : Promise.resolve(void hints.push(orderId)),
      refundFailed: (orderId, refundId) =>
        Promise.resolve(void hints.push(`refund of ${orderId}${refundId === undefined ? '' : `, part ${refundId}`}`)),
      dispute: (disputeId) =>
        fail ? Promise.reject(new Error('no database')) : Promise.resolve(void hints.push(`dispute ${disputeId}`)),
    },
  })
})
afterAll(() => webhook.close())
beforeEach(() => {
  hints.length = 0
  fail = false
})

const orderId = randomUUID()
function event(object: object) {
  return JSON.stringify({ id: 'evt_1', type: 'x', data: { object } })
}
const ofOrder = event({ object: 'payment_intent', status: 'succeeded', metadata: { order_id: orderId } })
async function send(body: string, signature = stripeSignature(body, 'whsec_new', seconds), path = webhookPath) {
  const headers = signature === '' ? {} : { 'stripe-signature': signature }
  const response = await fetch(`http://127.0.0.1:${webhook.port}${path}`, { method: 'POST', headers, body })
  return response.status
}

test('accepts a hint signed with either secret, also a repeated one', async () => {
  expect(await send(ofOrder)).toBe(200)
  expect(await send(ofOrder, stripeSignature(ofOrder, 'whsec_old', seconds - 299))).toBe(200)
  expect(hints).toEqual([orderId, orderId])
})

test('marks a failed refund, and one that was cancelled', async () => {
  const refund = (status: string) => event({ object: 'refund', status, metadata: { order_id: orderId } })
  expect([await send(refund('succeeded')), await send(refund('failed'))]).toEqual([200, 200])
  expect(await send(refund('canceled'))).toBe(200)
  expect(hints).toEqual([`refund of ${orderId}`, `refund of ${orderId}`])
})

test('marks a failed refund of a part by its own id', async () => {
  const refundId = randomUUID()
  const metadata = { order_id: orderId, refund_id: refundId }
  expect(await send(event({ object: 'refund', status: 'failed', metadata }))).toBe(200)
  expect(hints).toEqual([`refund of ${orderId}, part ${refundId}`])
})

// As at https://docs.stripe.com/api/disputes/object: the order is not in it.
const dispute = { object: 'dispute', id: 'du_1', status: 'needs_response', payment_intent: 'pi_1', metadata: {} }

test.each(['created', 'updated', 'funds_withdrawn', 'funds_reinstated', 'closed'])(
  'names the dispute of charge.dispute.%s, however often it comes',
  async (what) => {
    const body = JSON.stringify({ id: 'evt_1', type: `charge.dispute.${what}`, data: { object: dispute } })
    expect([await send(body), await send(body)]).toEqual([200, 200])
    expect(hints).toEqual(['dispute du_1', 'dispute du_1'])
    fail = true
    expect(await send(body)).toBe(503)
  },
)

test.each([
  ['no signature', ofOrder, ''],
  ['nonsense for a signature', ofOrder, 't=now,v1=zz'],
  ['another secret', ofOrder, stripeSignature(ofOrder, 'whsec_other', seconds)],
  ['the signature of another body', ofOrder, stripeSignature('{}', 'whsec_new', seconds)],
  ['an old call played again', ofOrder, stripeSignature(ofOrder, 'whsec_new', seconds - 301)],
  ['a call from the future', ofOrder, stripeSignature(ofOrder, 'whsec_new', seconds + 301)],
  ['a body that is no event', '[]', stripeSignature('[]', 'whsec_new', seconds)],
])('refuses %s and changes nothing', async (_, body, signature) => {
  expect(await send(body, signature)).toBe(400)
  expect(hints).toEqual([])
})

test('accepts and ignores events that concern no order', async () => {
  expect(await send(event({ object: 'payment_intent', status: 'succeeded', metadata: {} }))).toBe(200)
  expect(await send(event({ object: 'invoice', metadata: { order_id: orderId } }))).toBe(200)
  expect(hints).toEqual([])
})

test('answers 503 when a hint cannot be stored, and reads no large or foreign request', async () => {
  fail = true
  expect(await send(ofOrder)).toBe(503)
  expect(await send('x'.repeat(300_000), 't=1,v1=00').catch(() => 413)).toBe(413)
  expect(await send(ofOrder, undefined, '/other')).toBe(404)
})
