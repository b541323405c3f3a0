// Is a chargeback that Stripe reports recorded and published once, also where its webhook never
// comes? What happens to refunds meanwhile is in disputed-refunds.test.ts.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelledEvent } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { disputesTask, watchChanged } from '../src/disputes/watch-disputes.ts'
import { ProviderError } from '../src/provider/provider.ts'
import { reconcile } from '../src/reconcile/reconcile.ts'
import { DisputedShop, now } from './disputed-shop.ts'

let shop: DisputedShop
beforeAll(async () => {
  shop = await DisputedShop.start()
})
afterAll(() => shop.close())

test('records a dispute once, whatever its webhook does, and follows it to its end', async () => {
  const order = await shop.paidOrder()
  const dispute = shop.stripe.dispute(order.chargeId)
  // `closed` before `created`, and both twice: the provider is asked how it stands.
  for (const what of ['closed', 'created', 'created', 'closed']) await shop.call(what, dispute)
  await shop.askAbout()
  await shop.askAbout()
  expect(await shop.disputesOf(order)).toEqual([{ dispute_id: dispute.id, status: 'OPEN', amount_cents: 700 }])
  expect(await shop.adjustments(order)).toEqual(['PaymentDisputed'])
  dispute.status = 'lost'
  await shop.askAbout()
  await shop.call('closed', dispute)
  await shop.askAbout()
  expect(await shop.disputesOf(order)).toMatchObject([{ status: 'LOST' }])
  expect(await shop.adjustments(order)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed'])
  expect(await shop.database.ask('payment', 'SELECT dispute_id FROM disputes_watched')).toEqual([])
})

test('an inquiry is watched, and moves nothing until it becomes a dispute', async () => {
  const order = await shop.paidOrder()
  const dispute = shop.stripe.dispute(order.chargeId, 'warning_needs_response')
  await shop.call('created', dispute)
  await shop.askAbout()
  expect(await shop.disputesOf(order)).toEqual([])
  dispute.status = 'needs_response'
  // No further webhook arrives.
  await shop.askAbout()
  expect(await shop.disputesOf(order)).toMatchObject([{ status: 'OPEN' }])
  expect(await shop.adjustments(order)).toEqual(['PaymentDisputed'])
})

test('a dispute of a charge that is not of this shop is forgotten', async () => {
  const order = await shop.paidOrder()
  const intent = shop.stripe.intents.get(order.chargeId)
  if (intent) delete intent.metadata['order_id']
  const dispute = shop.stripe.dispute(order.chargeId)
  await shop.call('created', dispute)
  await shop.askAbout()
  expect(await shop.disputesOf(order)).toEqual([])
  const watched = 'SELECT dispute_id FROM disputes_watched WHERE dispute_id = $1'
  expect(await shop.database.ask('payment', watched, [dispute.id])).toEqual([])
})

test('a dispute of another shop with the same account is neither recorded nor published', async () => {
  const order = await shop.paidOrder()
  const intent = shop.stripe.intents.get(order.chargeId)
  const foreignOrder = { ...order, orderId: randomUUID() }
  if (intent) intent.metadata['order_id'] = foreignOrder.orderId
  const dispute = shop.stripe.dispute(order.chargeId)
  await shop.call('created', dispute)
  await shop.askAbout()
  expect(await shop.disputesOf(foreignOrder)).toEqual([])
  expect(await shop.adjustments(foreignOrder)).toEqual([])
  dispute.status = 'lost'
  await shop.askAbout()
  const watched = 'SELECT dispute_id FROM disputes_watched WHERE dispute_id = $1'
  expect(await shop.database.ask('payment', watched, [dispute.id])).toEqual([])
})

test('a dispute of a second charge of an order is recorded, and does not cancel the order', async () => {
  const order = await shop.paidOrder()
  const intent = shop.stripe.intents.get(order.chargeId)
  if (!intent) throw new Error('the order has no charge')
  shop.stripe.intents.set('pi_second', { ...intent, id: 'pi_second' })
  await shop.call('created', shop.stripe.dispute('pi_second'))
  await shop.askAbout()
  expect(await shop.disputesOf(order)).toMatchObject([{ status: 'OPEN' }])
  expect(await shop.adjustments(order)).toEqual([])
  await shop.handle([cancelledEvent(order)])
  expect(shop.refundsOf(order.chargeId)).toEqual([700])
})

test('a webhook that never came is found by the comparison with the provider', async () => {
  const order = await shop.paidOrder()
  shop.stripe.dispute(order.chargeId)
  const { provider, list, disputes } = shop.connect()
  const stretch = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 60_000) }
  const options = { provider, list, disputes, afterSeconds: 0, now }
  const differences = await reconcile(stretch, shop.surroundings(), options)
  expect(differences.filter(({ orderId }) => orderId === order.orderId)).toMatchObject([{ kind: 'UNKNOWN_DISPUTE' }])
  await shop.askAbout()
  expect(await shop.disputesOf(order)).toMatchObject([{ status: 'OPEN' }])
  const again = await reconcile(stretch, shop.surroundings(), options)
  expect(again.filter(({ orderId }) => orderId === order.orderId)).toEqual([])
})

test('a dispute without a webhook is found after hours in which the stage was away, and once', async () => {
  const order = await shop.paidOrder()
  const dispute = shop.stripe.dispute(order.chargeId, 'needs_response', 700, Math.floor(Date.now() / 1_000) - 3 * 3_600)
  const list = `UPDATE reconciliations SET leased_until = '-infinity', compared_to = now() - interval '4 hours' WHERE name = 'disputes'`
  await shop.database.ask('payment', list)
  const { disputes: source } = shop.connect()
  const failing = { ...source, changedSince: () => Promise.reject(new ProviderError('Unreachable', 'away')) }
  await watchChanged(shop.surroundings(), { source: failing })
  const watched = () =>
    shop.database.ask('payment', 'SELECT dispute_id FROM disputes_watched WHERE dispute_id = $1', [dispute.id])
  expect(await watched()).toEqual([])
  // The lease of a replica that failed, or died, ends.
  await shop.database.ask('payment', `UPDATE reconciliations SET leased_until = '-infinity' WHERE name = 'disputes'`)
  await watchChanged(shop.surroundings(), { source })
  expect(await watched()).toHaveLength(1)
  await shop.askAbout()
  expect(await shop.disputesOf(order)).toMatchObject([{ status: 'OPEN' }])
  // The list has been read up to now.
  await watchChanged(shop.surroundings(), { source: failing })
})

test('shows disputes by status, and none of it as owed', async () => {
  const contested = shop.stripe.dispute((await shop.paidOrder()).chargeId)
  await shop.call('created', contested)
  await shop.askAbout()
  contested.status = 'won'
  await shop.askAbout()
  const { disputes } = shop.connect()
  if (!disputes) throw new Error('Stripe has disputes')
  const registry = createRegistry()
  const task = disputesTask({ source: disputes, publishes: true, now, registry })
  await task.run({ ...shop.surroundings(), keyedByOrder: () => false })
  const text = await registry.metrics()
  const rows = await shop.database.ask<{ status: string; count: number; cents: number }>(
    'payment',
    'SELECT status, count(*)::int AS count, sum(amount_cents)::int AS cents FROM disputes GROUP BY 1',
  )
  expect(rows.map(({ status }) => status).sort()).toEqual(['LOST', 'OPEN', 'WON'])
  for (const { status, count, cents } of rows) {
    expect(text).toContain(`payment_disputes{status="${status}"} ${count}`)
    expect(text).toContain(`payment_disputed_cents{currency="EUR",status="${status}"} ${cents}`)
  }
})
