// Does a dispute suspend refunds, and does what is owed go back after it, and nothing twice?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { cancelledEvent, until } from '@orderpipeline/stage/testing'
import type { TestOrder } from '@orderpipeline/stage/testing'
import { paymentStage } from '../src/definition.ts'
import { ProviderError } from '../src/provider/provider.ts'
import type { Provider } from '../src/provider/provider.ts'
import { settleLostDisputes } from '../src/refunds/after-disputes.ts'
import { makeDueRefunds } from '../src/refunds/due-refunds.ts'
import { makePartialRefunds } from '../src/refunds/make-partial-refunds.ts'
import { claimDuesOfLostDisputes } from '../src/sql/dues.ts'
import { consumes, DisputedShop, now, refundRequest, stopping } from './disputed-shop.ts'

let shop: DisputedShop
beforeAll(async () => {
  shop = await DisputedShop.start()
})
afterAll(() => shop.close())

/** Second charges of an order, each due a second later than the one before, and lost. */
async function lostDues({ orderId, customerId }: TestOrder, chargeIds: readonly string[]): Promise<void> {
  const parameters = [orderId, customerId, chargeIds]
  await shop.database.ask(
    'payment',
    `INSERT INTO refunds_due (order_id, customer_id, charge_id, reason, due_at)
     SELECT $1, $2, charge_id, 'SECOND_CHARGE', now() - interval '1 hour' + interval '1 second' * n
     FROM unnest($3::text[]) WITH ORDINALITY AS charge (charge_id, n)`,
    parameters,
  )
  await shop.database.ask(
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
    await shop.database.ask('payment', `DELETE FROM ${table} WHERE order_id = $1`, [orderId])
}

test('a disputed order that is cancelled is refunded only once the shop has won', async () => {
  const order = await shop.paidOrder()
  const dispute = shop.stripe.dispute(order.chargeId)
  await shop.call('created', dispute)
  await shop.askAbout()
  await shop.handle([cancelledEvent(order)])
  await shop.giveBack()
  expect(shop.refundsOf(order.chargeId)).toEqual([])
  expect(await shop.dues(order)).toMatchObject([{ reason: 'GIVEN_UP', amount_cents: 700 }])
  dispute.status = 'won'
  await shop.call('closed', dispute)
  await shop.askAbout()
  await shop.giveBack()
  expect(shop.refundsOf(order.chargeId)).toEqual([700])
  expect(await shop.dues(order)).toEqual([])
})

test('of a lost dispute nothing is refunded a second time, and the rest of a partial one is', async () => {
  const [whole, part] = [await shop.paidOrder(), await shop.paidOrder()]
  const disputes = [shop.stripe.dispute(whole.chargeId), shop.stripe.dispute(part.chargeId, 'needs_response', 300)]
  for (const dispute of disputes) await shop.call('created', dispute)
  await shop.askAbout()
  await shop.handle([cancelledEvent(whole), cancelledEvent(part)])
  for (const dispute of disputes) dispute.status = 'lost'
  await shop.askAbout()
  // Stripe lets the rest of a charge be refunded once its dispute is closed.
  shop.stripe.disputes.splice(0)
  await shop.giveBack()
  await shop.giveBack()
  expect(shop.refundsOf(whole.chargeId)).toEqual([])
  expect(shop.refundsOf(part.chargeId)).toEqual([400])
  expect([await shop.dues(whole), await shop.dues(part)]).toEqual([[], []])
  expect(await shop.adjustments(part)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed', 'PaymentPartlyRefunded'])
})

test('what a partial dispute has left of a cancelled order has the parts that were not made', async () => {
  const order = await shop.paidOrder()
  await shop.handle([refundRequest(order, 200)])
  const dispute = shop.stripe.dispute(order.chargeId, 'needs_response', 300)
  await shop.call('created', dispute)
  await shop.askAbout()
  await shop.handle([cancelledEvent(order)])
  dispute.status = 'lost'
  await shop.askAbout()
  // As if the loss were recorded between the two statements of the task.
  expect(await shop.database.as('payment').query(claimDuesOfLostDisputes, [50])).toEqual([])
  shop.stripe.disputes.splice(0)
  await shop.giveBack()
  await shop.giveBack()
  expect(shop.refundsOf(order.chargeId)).toEqual([400])
})

test('a part that is due waits for the dispute, and a new one is refused', async () => {
  const order = await shop.paidOrder()
  await shop.handle([refundRequest(order, 200)])
  const dispute = shop.stripe.dispute(order.chargeId)
  await shop.call('created', dispute)
  await shop.askAbout()
  await shop.handle([refundRequest(order, 100)])
  await shop.giveBack()
  expect(shop.refundsOf(order.chargeId)).toEqual([])
  dispute.status = 'lost'
  await shop.askAbout()
  await shop.giveBack()
  expect(shop.refundsOf(order.chargeId)).toEqual([])
  const rows = await shop.database.ask(
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
  const order = await shop.paidOrder()
  await shop.handle([refundRequest(order, 200)])
  const dying = { ...shop.surroundings(), publish: () => Promise.reject(new Error('killed')) }
  const options = { provider: shop.connect().provider, now }
  expect(await makePartialRefunds(dying, options)).toBe(0)
  expect(shop.refundsOf(order.chargeId)).toEqual([200])
  await shop.database.ask('payment', 'UPDATE partial_refunds SET due_at = now()')
  const dispute = shop.stripe.dispute(order.chargeId, 'needs_response', 500)
  await shop.call('created', dispute)
  await shop.askAbout()
  dispute.status = 'lost'
  await shop.askAbout()
  // Without the provider's answer nothing is decided.
  const away = { ...options.provider, findRefund: () => Promise.reject(new ProviderError('Unreachable', 'away')) }
  await settleLostDisputes(shop.surroundings(), { ...options, provider: away })
  const part = () =>
    shop.database.ask(
      'payment',
      'SELECT status, refusal, last_error AS error FROM partial_refunds WHERE order_id = $1',
      [order.orderId],
    )
  expect(await part()).toEqual([{ status: 'DUE', refusal: null, error: expect.stringContaining('away') as string }])
  await shop.giveBack()
  await shop.giveBack()
  expect(await part()).toEqual([{ status: 'REFUNDED', refusal: null, error: null }])
  expect(shop.refundsOf(order.chargeId)).toEqual([200])
  expect(await shop.adjustments(order)).toEqual(['PaymentDisputed', 'PaymentDisputeClosed', 'PaymentPartlyRefunded'])
})

/** As a restore to before the part, after which the dispute is known again. */
async function forgetPart({ data: { refundId } }: ReturnType<typeof refundRequest>): Promise<void> {
  await shop.database.ask('payment', 'DELETE FROM partial_refunds WHERE refund_id = $1', [refundId])
  await shop.database.ask('payment', 'DELETE FROM inbox')
}

function partsOf({ orderId }: TestOrder) {
  return shop.database.ask(
    'payment',
    'SELECT amount_cents AS cents, status, refusal FROM partial_refunds WHERE order_id = $1 ORDER BY amount_cents',
    [orderId],
  )
}

test.each(['won', 'lost'] as const)(
  'a part that was made before a restore is booked when it is requested again during a dispute that is %s',
  async (outcome) => {
    const order = await shop.paidOrder()
    const part = refundRequest(order, 200)
    await shop.handle([part])
    await shop.giveBack()
    const dispute = shop.stripe.dispute(order.chargeId, 'needs_response', 500)
    await shop.call('created', dispute)
    await shop.askAbout()
    await forgetPart(part)
    const another = refundRequest(order, 100)
    await shop.handle([part, another])
    expect(await partsOf(order)).toEqual([
      { cents: 100, status: 'REFUSED', refusal: 'DISPUTED' },
      { cents: 200, status: 'REFUNDED', refusal: null },
    ])
    dispute.status = outcome
    await shop.askAbout()
    await shop.giveBack()
    expect(shop.refundsOf(order.chargeId)).toEqual([200])
    expect((await shop.adjustments(order)).filter((type) => type !== 'PaymentDisputed').sort()).toEqual([
      ...['PartialRefundRefused', 'PaymentDisputeClosed', 'PaymentPartlyRefunded'],
    ])
    // What is left of a shop that has won goes back, and no more.
    await shop.handle([cancelledEvent(order)])
    await shop.giveBack()
    expect(shop.refundsOf(order.chargeId)).toEqual(outcome === 'won' ? [200, 500] : [200])
  },
)

test('a part that is requested again during a dispute waits for a provider that is away', async () => {
  const order = await shop.paidOrder()
  const part = refundRequest(order, 200)
  await shop.handle([part])
  await shop.giveBack()
  await shop.call('created', shop.stripe.dispute(order.chargeId))
  await shop.askAbout()
  await forgetPart(part)
  let queries = 0
  const { provider, onDatabase } = shop.connect()
  const away: Provider = {
    ...provider,
    findRefund: (...query) =>
      ++queries < 3 ? Promise.reject(new ProviderError('Unreachable', 'away')) : provider.findRefund(...query),
  }
  const replica = shop.bench.start('payment', consumes, {
    ...paymentStage(away, { now, onDatabase }),
    periodicTasks: [],
  })
  await shop.bench.publish([part])
  await until(async () => (await partsOf(order)).length > 0)
  expect(await partsOf(order)).toEqual([{ cents: 200, status: 'REFUNDED', refusal: null }])
  expect(queries).toBe(3)
  await replica.drain()
})

test('a whole refund that was made just before a crash is booked, though its dispute is lost', async () => {
  const order = await shop.paidOrder()
  const { provider } = shop.connect()
  await shop.database.ask(
    'payment',
    `INSERT INTO refunds_due (order_id, charge_id, customer_id, reason, amount_cents, currency)
     VALUES ($1, $2, $3, 'GIVEN_UP', 700, 'EUR')`,
    [order.orderId, order.chargeId, order.customerId],
  )
  const dying = { ...shop.surroundings(), publish: () => Promise.reject(new Error('killed')) }
  expect(await makeDueRefunds(dying, { provider, now })).toBe(0)
  expect(shop.refundsOf(order.chargeId)).toEqual([700])
  const dispute = shop.stripe.dispute(order.chargeId)
  await shop.call('created', dispute)
  await shop.askAbout()
  dispute.status = 'lost'
  await shop.askAbout()
  await shop.giveBack()
  expect(shop.refundsOf(order.chargeId)).toEqual([700])
  expect(await shop.dues(order)).toEqual([])
  const [payment] = await shop.database.ask('payment', 'SELECT status FROM payments WHERE order_id = $1', [
    order.orderId,
  ])
  expect(payment).toEqual({ status: 'REFUNDED' })
})

test('a refund in the dashboard is not the refund of a whole charge', async () => {
  const order = await shop.paidOrder()
  const about = { status: 'succeeded' as const, payment_intent: order.chargeId, currency: 'eur' }
  shop.stripe.refunds.push({ ...about, id: 're_dashboard', amount: 100, metadata: {} })
  const { provider } = shop.connect()
  const find = () => provider.findRefund(order.orderId, order.chargeId, stopping)
  expect(await find()).toBeUndefined()
  shop.stripe.refunds.push({ ...about, id: 're_other', amount: 100, metadata: { order_id: randomUUID() } })
  expect(await find()).toBeUndefined()
  const refund = await provider.refund(order.orderId, order.chargeId, stopping)
  expect(refund.amountCents).toBe(500)
  expect(await find()).toEqual(refund)
})

test('refunds of lost disputes that never come to an end are asked about ever later, and hold up none', async () => {
  const order = await shop.paidOrder()
  const stuck = Array.from({ length: 10 }, (_, n) => `pi_stuck_${n}`)
  await lostDues(order, [...stuck, 'pi_last'])
  const enquiries: string[] = []
  const findRefund: Provider['findRefund'] = (_orderId, chargeId) => {
    enquiries.push(chargeId)
    return Promise.reject(new ProviderError('Unsupported', 'an answer without refunds'))
  }
  const options = { provider: { ...shop.connect().provider, findRefund }, now }
  await Promise.all([1, 2, 3].map(() => settleLostDisputes(shop.surroundings(), options)))
  await settleLostDisputes(shop.surroundings(), options)
  expect(enquiries.toSorted()).toEqual(['pi_last', ...stuck])
  const rows = await shop.database.ask(
    'payment',
    `SELECT DISTINCT attempts, due_at > now() + interval '20 seconds' AS later, last_error IS NOT NULL AS noted
     FROM refunds_due WHERE order_id = $1`,
    [order.orderId],
  )
  expect(rows).toEqual([{ attempts: 1, later: true, noted: true }])
  await removeLostDues(order)
})

test('a stop while the provider is asked is no error of a refund', async () => {
  const order = await shop.paidOrder()
  await lostDues(order, ['pi_first', 'pi_second'])
  const stop = new AbortController()
  const findRefund: Provider['findRefund'] = () => {
    stop.abort()
    return Promise.reject(new ProviderError('Unreachable', 'aborted'))
  }
  const options = { provider: { ...shop.connect().provider, findRefund }, now }
  expect(await settleLostDisputes({ ...shop.surroundings(), stopping: stop.signal }, options)).toBe(0)
  const errors = await shop.database.ask('payment', 'SELECT last_error FROM refunds_due WHERE order_id = $1', [
    order.orderId,
  ])
  expect(errors).toEqual([{ last_error: null }, { last_error: null }])
  await removeLostDues(order)
})
