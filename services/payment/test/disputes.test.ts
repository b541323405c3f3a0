// Is a chargeback that Stripe reports recorded and published once, does it suspend refunds, and
// does what is owed go back after it, and nothing twice?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { cancelledEvent, stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { paymentConfig } from '../src/config.ts'
import { createConnection } from '../src/connection.ts'
import { paymentStage } from '../src/definition.ts'
import { askAboutDisputes, disputesTask, watchChanged } from '../src/disputes/watch-disputes.ts'
import { ProviderError } from '../src/provider/provider.ts'
import type { Provider } from '../src/provider/provider.ts'
import { webhookTask } from '../src/provider/stripe/webhook-task.ts'
import { webhookPath } from '../src/provider/stripe/webhook.ts'
import { reconcile } from '../src/reconcile/reconcile.ts'
import { settleLostDisputes } from '../src/refunds/after-disputes.ts'
import { makeDueRefunds } from '../src/refunds/due-refunds.ts'
import { makePartialRefunds } from '../src/refunds/make-partial-refunds.ts'
import { claimDuesOfLostDisputes } from '../src/sql/dues.ts'
import { startStripeServer, stripeSignature } from './stripe-server.ts'
import type { StoredDispute, StripeServer } from './stripe-server.ts'

const consumes = ['inventory.updated', 'orders.cancelled', 'orders.refunds']
const secret = 'whsec_test'
const stopping = new AbortController().signal

let database: TestDatabase
let stripe: StripeServer
let bench: Bench
let hook: { readonly port: number; close(): void }
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  stripe = await startStripeServer()
  const topics = [...consumes, 'payment.processed', 'payment.adjusted', 'payment.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
  hook = await listen()
})
afterAll(async () => {
  hook.close()
  await bench.close()
  await stripe.close()
  await database.drop()
})

function now() {
  return new Date()
}
function connect() {
  const settings = {
    PAYMENT_PROVIDER: 'stripe',
    PAYMENT_PROVIDER_URL: stripe.url,
    PAYMENT_PROVIDER_TOKEN: stripe.key,
    PAYMENT_STAGE_RATE_PER_SECOND: '10000',
  }
  const context = { now, logger: silentLogger(), registry: createRegistry() }
  const connection = createConnection(paymentConfig(settings), context)
  connection.onDatabase(database.as('payment'))
  return connection
}
function surroundings() {
  return {
    database: database.as('payment'),
    publish: (events: Parameters<Bench['publish']>[0]) => bench.publish(events),
    stopping,
  }
}
async function listen() {
  let port = 0
  const task = webhookTask({
    ...{ port: 0, host: '127.0.0.1', secrets: [secret], now, logger: silentLogger() },
    onListening: (listening) => (port = listening),
  })
  await task.run({ ...surroundings(), keyedByOrder: () => false })
  return { port, close: () => task.close?.() }
}
/** As Stripe calls it: signed, and perhaps more than once. */
async function call(what: string, dispute: StoredDispute): Promise<void> {
  const body = JSON.stringify({ id: `evt_${randomUUID()}`, type: `charge.dispute.${what}`, data: { object: dispute } })
  const signature = stripeSignature(body, secret, Math.floor(Date.now() / 1_000))
  const answer = await fetch(`http://127.0.0.1:${hook.port}${webhookPath}`, {
    ...{ method: 'POST', headers: { 'stripe-signature': signature }, body },
  })
  expect(answer.status).toBe(200)
}
async function handle(events: readonly OrderEvent[]): Promise<void> {
  const { provider, onDatabase } = connect()
  const replica = bench.start('payment', consumes, {
    ...paymentStage(provider, { now, onDatabase }),
    periodicTasks: [],
  })
  await bench.publish(events)
  await until(async () => {
    const lags = await Promise.all(consumes.map((topic) => bench.lag('payment', topic)))
    return lags.every((lag) => lag === 0)
  })
  await replica.drain()
}
let orders = 0
async function paidOrder(): Promise<TestOrder & { readonly chargeId: string }> {
  const order = { ...testOrder(1, { 'SKU-0001': 1 }), customerId: `customer-${++orders}` }
  stripe.addCustomer(order.customerId, 'pm_card_visa')
  const { orderId, customerId, currency } = order
  const about = { orderId, customerId, totalCents: 700, currency }
  await handle([eventOf('StockReserved', about, { source: '/test', now: now() })])
  const intent = [...stripe.intents.values()].find(({ metadata }) => metadata['order_id'] === orderId)
  return { ...order, chargeId: intent?.id ?? '' }
}
function request({ orderId, customerId, currency }: TestOrder, amountCents: number) {
  const data = { orderId, customerId, refundId: randomUUID(), amountCents, currency, reason: 'test' }
  return eventOf('PartialRefundRequested', data, { source: '/orders', now: now() }, data.refundId)
}
async function askAbout(publishes = true) {
  const { disputes } = connect()
  if (!disputes) throw new Error('Stripe has disputes')
  await database.ask('payment', 'UPDATE disputes_watched SET due_at = now()')
  return askAboutDisputes(surroundings(), { source: disputes, publishes, now })
}
/** Every task that gives money back, once. */
async function giveBack() {
  for (const table of ['refunds_due', 'partial_refunds'])
    await database.ask('payment', `UPDATE ${table} SET due_at = now()`)
  const options = { provider: connect().provider, now }
  await settleLostDisputes(surroundings(), options)
  await makeDueRefunds(surroundings(), options)
  await makePartialRefunds(surroundings(), options)
}
async function adjustments({ orderId }: TestOrder) {
  const events = (await bench.events('payment.adjusted')).filter(({ data }) => data.orderId === orderId)
  return [...new Map(events.map(({ id, type }) => [id, type])).values()]
}
function refundsOf(chargeId: string) {
  return stripe.refunds.filter(({ payment_intent }) => payment_intent === chargeId).map(({ amount }) => amount)
}
function disputesOf({ orderId }: TestOrder) {
  return database.ask('payment', 'SELECT dispute_id, status, amount_cents FROM disputes WHERE order_id = $1', [orderId])
}
function dues({ orderId }: TestOrder) {
  return database.ask('payment', 'SELECT reason, amount_cents FROM refunds_due WHERE order_id = $1', [orderId])
}
/** Second charges of an order, each due a second later than the one before, and lost. */
async function lostDues({ orderId, customerId }: TestOrder, chargeIds: readonly string[]): Promise<void> {
  const parameters = [orderId, customerId, chargeIds]
  await database.ask(
    'payment',
    `INSERT INTO refunds_due (order_id, customer_id, charge_id, reason, due_at)
     SELECT $1, $2, charge_id, 'SECOND_CHARGE', now() - interval '1 hour' + interval '1 second' * n
     FROM unnest($3::text[]) WITH ORDINALITY AS charge (charge_id, n)`,
    parameters,
  )
  await database.ask(
    'payment',
    `INSERT INTO disputes
       (order_id, customer_id, charge_id, dispute_id, amount_cents, currency, reason, status, closed_at)
     SELECT $1, $2, charge_id, 'du_' || charge_id, 700, 'EUR', 'fraudulent', 'LOST', now()
     FROM unnest($3::text[]) AS charge_id`,
    parameters,
  )
}
async function removeLostDues({ orderId }: TestOrder): Promise<void> {
  for (const table of ['refunds_due', 'disputes'])
    await database.ask('payment', `DELETE FROM ${table} WHERE order_id = $1`, [orderId])
}

test('records a dispute once, whatever its webhook does, and follows it to its end', async () => {
  const order = await paidOrder()
  const dispute = stripe.dispute(order.chargeId)
  // `closed` before `created`, and both twice: the provider is asked how it stands.
  for (const what of ['closed', 'created', 'created', 'closed']) await call(what, dispute)
  await askAbout()
  await askAbout()
  expect(await disputesOf(order)).toEqual([{ dispute_id: dispute.id, status: 'OPEN', amount_cents: 700 }])
  expect(await adjustments(order)).toEqual(['PaymentDisputed'])
  dispute.status = 'lost'
  await askAbout()
  await call('closed', dispute)
  await askAbout()
  expect(await disputesOf(order)).toMatchObject([{ status: 'LOST' }])
  expect(await adjustments(order)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed'])
  expect(await database.ask('payment', 'SELECT dispute_id FROM disputes_watched')).toEqual([])
})

test('an inquiry is watched, and moves nothing until it becomes a dispute', async () => {
  const order = await paidOrder()
  const dispute = stripe.dispute(order.chargeId, 'warning_needs_response')
  await call('created', dispute)
  await askAbout()
  expect(await disputesOf(order)).toEqual([])
  dispute.status = 'needs_response'
  // No further webhook arrives.
  await askAbout()
  expect(await disputesOf(order)).toMatchObject([{ status: 'OPEN' }])
  expect(await adjustments(order)).toEqual(['PaymentDisputed'])
})

test('a dispute of a charge that is not of this shop is forgotten', async () => {
  const order = await paidOrder()
  const intent = stripe.intents.get(order.chargeId)
  if (intent) delete intent.metadata['order_id']
  const dispute = stripe.dispute(order.chargeId)
  await call('created', dispute)
  await askAbout()
  expect(await disputesOf(order)).toEqual([])
  const watched = 'SELECT dispute_id FROM disputes_watched WHERE dispute_id = $1'
  expect(await database.ask('payment', watched, [dispute.id])).toEqual([])
})

test('a dispute of another shop with the same account is neither recorded nor published', async () => {
  const order = await paidOrder()
  const intent = stripe.intents.get(order.chargeId)
  const foreignOrder = { ...order, orderId: randomUUID() }
  if (intent) intent.metadata['order_id'] = foreignOrder.orderId
  const dispute = stripe.dispute(order.chargeId)
  await call('created', dispute)
  await askAbout()
  expect(await disputesOf(foreignOrder)).toEqual([])
  expect(await adjustments(foreignOrder)).toEqual([])
  dispute.status = 'lost'
  await askAbout()
  const watched = 'SELECT dispute_id FROM disputes_watched WHERE dispute_id = $1'
  expect(await database.ask('payment', watched, [dispute.id])).toEqual([])
})

test('a dispute of a second charge of an order is recorded, and does not cancel the order', async () => {
  const order = await paidOrder()
  const intent = stripe.intents.get(order.chargeId)
  if (!intent) throw new Error('the order has no charge')
  stripe.intents.set('pi_second', { ...intent, id: 'pi_second' })
  await call('created', stripe.dispute('pi_second'))
  await askAbout()
  expect(await disputesOf(order)).toMatchObject([{ status: 'OPEN' }])
  expect(await adjustments(order)).toEqual([])
  await handle([cancelledEvent(order)])
  expect(refundsOf(order.chargeId)).toEqual([700])
})

test('a disputed order that is cancelled is refunded only once the shop has won', async () => {
  const order = await paidOrder()
  const dispute = stripe.dispute(order.chargeId)
  await call('created', dispute)
  await askAbout()
  await handle([cancelledEvent(order)])
  await giveBack()
  expect(refundsOf(order.chargeId)).toEqual([])
  expect(await dues(order)).toMatchObject([{ reason: 'GIVEN_UP', amount_cents: 700 }])
  dispute.status = 'won'
  await call('closed', dispute)
  await askAbout()
  await giveBack()
  expect(refundsOf(order.chargeId)).toEqual([700])
  expect(await dues(order)).toEqual([])
})

test('of a lost dispute nothing is refunded a second time, and the rest of a partial one is', async () => {
  const [whole, part] = [await paidOrder(), await paidOrder()]
  const disputes = [stripe.dispute(whole.chargeId), stripe.dispute(part.chargeId, 'needs_response', 300)]
  for (const dispute of disputes) await call('created', dispute)
  await askAbout()
  await handle([cancelledEvent(whole), cancelledEvent(part)])
  for (const dispute of disputes) dispute.status = 'lost'
  await askAbout()
  // Stripe lets the rest of a charge be refunded once its dispute is closed.
  stripe.disputes.splice(0)
  await giveBack()
  await giveBack()
  expect(refundsOf(whole.chargeId)).toEqual([])
  expect(refundsOf(part.chargeId)).toEqual([400])
  expect([await dues(whole), await dues(part)]).toEqual([[], []])
  expect(await adjustments(part)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed', 'PaymentPartlyRefunded'])
})

test('what a partial dispute has left of a cancelled order has the parts that were not made', async () => {
  const order = await paidOrder()
  await handle([request(order, 200)])
  const dispute = stripe.dispute(order.chargeId, 'needs_response', 300)
  await call('created', dispute)
  await askAbout()
  await handle([cancelledEvent(order)])
  dispute.status = 'lost'
  await askAbout()
  // As if the loss were recorded between the two statements of the task.
  expect(await database.as('payment').query(claimDuesOfLostDisputes, [50])).toEqual([])
  stripe.disputes.splice(0)
  await giveBack()
  await giveBack()
  expect(refundsOf(order.chargeId)).toEqual([400])
})

test('a part that is due waits for the dispute, and a new one is refused', async () => {
  const order = await paidOrder()
  await handle([request(order, 200)])
  const dispute = stripe.dispute(order.chargeId)
  await call('created', dispute)
  await askAbout()
  await handle([request(order, 100)])
  await giveBack()
  expect(refundsOf(order.chargeId)).toEqual([])
  dispute.status = 'lost'
  await askAbout()
  await giveBack()
  expect(refundsOf(order.chargeId)).toEqual([])
  const rows = await database.ask(
    'payment',
    'SELECT amount_cents, status, refusal FROM partial_refunds WHERE order_id = $1 ORDER BY amount_cents',
    [order.orderId],
  )
  expect(rows).toEqual([
    { amount_cents: 100, status: 'REFUSED', refusal: 'DISPUTED' },
    { amount_cents: 200, status: 'REFUSED', refusal: 'DISPUTED' },
  ])
})

test('a part that was made just before a crash is booked as made, though its dispute is lost', async () => {
  const order = await paidOrder()
  await handle([request(order, 200)])
  const dying = { ...surroundings(), publish: () => Promise.reject(new Error('killed')) }
  const options = { provider: connect().provider, now }
  expect(await makePartialRefunds(dying, options)).toBe(0)
  expect(refundsOf(order.chargeId)).toEqual([200])
  await database.ask('payment', 'UPDATE partial_refunds SET due_at = now()')
  const dispute = stripe.dispute(order.chargeId, 'needs_response', 500)
  await call('created', dispute)
  await askAbout()
  dispute.status = 'lost'
  await askAbout()
  // Without the provider's answer nothing is decided.
  const away = { ...options.provider, findRefund: () => Promise.reject(new ProviderError('Unreachable', 'away')) }
  await settleLostDisputes(surroundings(), { ...options, provider: away })
  const part = () =>
    database.ask('payment', 'SELECT status, refusal, last_error AS error FROM partial_refunds WHERE order_id = $1', [
      order.orderId,
    ])
  expect(await part()).toEqual([{ status: 'DUE', refusal: null, error: expect.stringContaining('away') as string }])
  await giveBack()
  await giveBack()
  expect(await part()).toEqual([{ status: 'REFUNDED', refusal: null, error: null }])
  expect(refundsOf(order.chargeId)).toEqual([200])
  expect(await adjustments(order)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed', 'PaymentPartlyRefunded'])
})

/** As a restore to before the part, after which the dispute is known again. */
async function forgetPart({ data: { refundId } }: ReturnType<typeof request>): Promise<void> {
  await database.ask('payment', 'DELETE FROM partial_refunds WHERE refund_id = $1', [refundId])
  await database.ask('payment', 'DELETE FROM inbox')
}
function partsOf({ orderId }: TestOrder) {
  return database.ask(
    'payment',
    'SELECT amount_cents AS cents, status, refusal FROM partial_refunds WHERE order_id = $1 ORDER BY amount_cents',
    [orderId],
  )
}

test.each(['won', 'lost'] as const)(
  'a part that was made before a restore is booked when it is requested again during a dispute that is %s',
  async (outcome) => {
    const order = await paidOrder()
    const part = request(order, 200)
    await handle([part])
    await giveBack()
    const dispute = stripe.dispute(order.chargeId, 'needs_response', 500)
    await call('created', dispute)
    await askAbout()
    await forgetPart(part)
    const another = request(order, 100)
    await handle([part, another])
    expect(await partsOf(order)).toEqual([
      { cents: 100, status: 'REFUSED', refusal: 'DISPUTED' },
      { cents: 200, status: 'REFUNDED', refusal: null },
    ])
    dispute.status = outcome
    await askAbout()
    await giveBack()
    expect(refundsOf(order.chargeId)).toEqual([200])
    expect((await adjustments(order)).filter((type) => type !== 'PaymentDisputed').sort()).toEqual([
      ...['PartialRefundRefused', 'PaymentDisputeClosed', 'PaymentPartlyRefunded'],
    ])
    // What is left of a shop that has won goes back, and no more.
    await handle([cancelledEvent(order)])
    await giveBack()
    expect(refundsOf(order.chargeId)).toEqual(outcome === 'won' ? [200, 500] : [200])
  },
)

test('a part that is requested again during a dispute waits for a provider that is away', async () => {
  const order = await paidOrder()
  const part = request(order, 200)
  await handle([part])
  await giveBack()
  await call('created', stripe.dispute(order.chargeId))
  await askAbout()
  await forgetPart(part)
  let queries = 0
  const { provider, onDatabase } = connect()
  const away: Provider = {
    ...provider,
    findRefund: (...query) =>
      ++queries < 3 ? Promise.reject(new ProviderError('Unreachable', 'away')) : provider.findRefund(...query),
  }
  const replica = bench.start('payment', consumes, { ...paymentStage(away, { now, onDatabase }), periodicTasks: [] })
  await bench.publish([part])
  await until(async () => (await partsOf(order)).length > 0)
  expect(await partsOf(order)).toEqual([{ cents: 200, status: 'REFUNDED', refusal: null }])
  expect(queries).toBe(3)
  await replica.drain()
})

test('a whole refund that was made just before a crash is booked, though its dispute is lost', async () => {
  const order = await paidOrder()
  const { provider } = connect()
  await database.ask(
    'payment',
    `INSERT INTO refunds_due (order_id, charge_id, customer_id, reason, amount_cents, currency)
     VALUES ($1, $2, $3, 'GIVEN_UP', 700, 'EUR')`,
    [order.orderId, order.chargeId, order.customerId],
  )
  const dying = { ...surroundings(), publish: () => Promise.reject(new Error('killed')) }
  expect(await makeDueRefunds(dying, { provider, now })).toBe(0)
  expect(refundsOf(order.chargeId)).toEqual([700])
  const dispute = stripe.dispute(order.chargeId)
  await call('created', dispute)
  await askAbout()
  dispute.status = 'lost'
  await askAbout()
  await giveBack()
  expect(refundsOf(order.chargeId)).toEqual([700])
  expect(await dues(order)).toEqual([])
  const [payment] = await database.ask('payment', 'SELECT status FROM payments WHERE order_id = $1', [order.orderId])
  expect(payment).toEqual({ status: 'REFUNDED' })
})

test('a refund in the dashboard is not the refund of a whole charge', async () => {
  const order = await paidOrder()
  const about = { status: 'succeeded' as const, payment_intent: order.chargeId, currency: 'eur' }
  stripe.refunds.push({ ...about, id: 're_dashboard', amount: 100, metadata: {} })
  const { provider } = connect()
  const find = () => provider.findRefund(order.orderId, order.chargeId, stopping)
  expect(await find()).toBeUndefined()
  stripe.refunds.push({ ...about, id: 're_other', amount: 100, metadata: { order_id: randomUUID() } })
  expect(await find()).toBeUndefined()
  const refund = await provider.refund(order.orderId, order.chargeId, stopping)
  expect(refund.amountCents).toBe(500)
  expect(await find()).toEqual(refund)
})

test('refunds of lost disputes that never come to an end are asked about ever later, and hold up none', async () => {
  const order = await paidOrder()
  const stuck = Array.from({ length: 10 }, (_, n) => `pi_stuck_${n}`)
  await lostDues(order, [...stuck, 'pi_last'])
  const enquiries: string[] = []
  const findRefund: Provider['findRefund'] = (_orderId, chargeId) => {
    enquiries.push(chargeId)
    return Promise.reject(new ProviderError('Unsupported', 'an answer without refunds'))
  }
  const options = { provider: { ...connect().provider, findRefund }, now }
  await Promise.all([1, 2, 3].map(() => settleLostDisputes(surroundings(), options)))
  await settleLostDisputes(surroundings(), options)
  expect(enquiries.toSorted()).toEqual(['pi_last', ...stuck])
  const rows = await database.ask(
    'payment',
    `SELECT DISTINCT attempts, due_at > now() + interval '20 seconds' AS later, last_error IS NOT NULL AS noted
     FROM refunds_due WHERE order_id = $1`,
    [order.orderId],
  )
  expect(rows).toEqual([{ attempts: 1, later: true, noted: true }])
  await removeLostDues(order)
})

test('a webhook that never came is found by the comparison with the provider', async () => {
  const order = await paidOrder()
  stripe.dispute(order.chargeId)
  const { provider, list, disputes } = connect()
  const stretch = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 60_000) }
  const options = { provider, list, disputes, afterSeconds: 0, now }
  const differences = await reconcile(stretch, surroundings(), options)
  expect(differences.filter(({ orderId }) => orderId === order.orderId)).toMatchObject([{ kind: 'UNKNOWN_DISPUTE' }])
  await askAbout()
  expect(await disputesOf(order)).toMatchObject([{ status: 'OPEN' }])
  const again = await reconcile(stretch, surroundings(), options)
  expect(again.filter(({ orderId }) => orderId === order.orderId)).toEqual([])
})

test('a dispute without a webhook is found after hours in which the stage was away, and once', async () => {
  const order = await paidOrder()
  const dispute = stripe.dispute(order.chargeId, 'needs_response', 700, Math.floor(Date.now() / 1_000) - 3 * 3_600)
  const list = `UPDATE reconciliations SET leased_until = '-infinity', compared_to = now() - interval '4 hours' WHERE name = 'disputes'`
  await database.ask('payment', list)
  const { disputes: source } = connect()
  const failing = { ...source, changedSince: () => Promise.reject(new ProviderError('Unreachable', 'away')) }
  await watchChanged(surroundings(), { source: failing })
  const watched = () =>
    database.ask('payment', 'SELECT dispute_id FROM disputes_watched WHERE dispute_id = $1', [dispute.id])
  expect(await watched()).toEqual([])
  // The lease of a replica that failed, or died, ends.
  await database.ask('payment', `UPDATE reconciliations SET leased_until = '-infinity' WHERE name = 'disputes'`)
  await watchChanged(surroundings(), { source })
  expect(await watched()).toHaveLength(1)
  await askAbout()
  expect(await disputesOf(order)).toMatchObject([{ status: 'OPEN' }])
  // The list has been read up to now.
  await watchChanged(surroundings(), { source: failing })
})

test('a stop while the provider is asked is no error of a refund', async () => {
  const order = await paidOrder()
  await lostDues(order, ['pi_first', 'pi_second'])
  const stop = new AbortController()
  const findRefund: Provider['findRefund'] = () => {
    stop.abort()
    return Promise.reject(new ProviderError('Unreachable', 'aborted'))
  }
  const options = { provider: { ...connect().provider, findRefund }, now }
  expect(await settleLostDisputes({ ...surroundings(), stopping: stop.signal }, options)).toBe(0)
  const errors = await database.ask('payment', 'SELECT last_error FROM refunds_due WHERE order_id = $1', [
    order.orderId,
  ])
  expect(errors).toEqual([{ last_error: null }, { last_error: null }])
  await removeLostDues(order)
})

test('shows disputes by status, and none of it as owed', async () => {
  const { disputes } = connect()
  if (!disputes) throw new Error('Stripe has disputes')
  const registry = createRegistry()
  const task = disputesTask({ source: disputes, publishes: true, now, registry })
  await task.run({ ...surroundings(), keyedByOrder: () => false })
  const text = await registry.metrics()
  const rows = await database.ask<{ status: string; count: number; cents: number }>(
    'payment',
    'SELECT status, count(*)::int AS count, sum(amount_cents)::int AS cents FROM disputes GROUP BY 1',
  )
  expect(rows.map(({ status }) => status).sort()).toEqual(['LOST', 'OPEN', 'WON'])
  for (const { status, count, cents } of rows) {
    expect(text).toContain(`payment_disputes{status="${status}"} ${count}`)
    expect(text).toContain(`payment_disputed_cents{currency="EUR",status="${status}"} ${cents}`)
  }
})
