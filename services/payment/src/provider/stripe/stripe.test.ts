// Does the adapter move money exactly once through Stripe, whatever is lost, repeated, forgotten or
// decided late?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { intentsInMemory } from '../../../test/intents-in-memory.ts'
import { startStripeServer } from '../../../test/stripe-server.ts'
import type { StripeServer } from '../../../test/stripe-server.ts'
import type { Intents } from '../intents.ts'
import { ProviderError } from '../provider-error.ts'
import { stripeDisputes } from './disputes.ts'
import { createStripe } from './stripe.ts'

let stripe: StripeServer
beforeAll(async () => {
  stripe = await startStripeServer()
  stripe.addCustomer('paying', 'pm_card_visa')
  stripe.addCustomer("o'neil\\", 'pm_card_visa')
  stripe.addCustomer('poor', 'pm_card_chargeDeclinedInsufficientFunds')
  stripe.addCustomer('absent', 'pm_card_authenticationRequired')
  stripe.addCustomer('bank', 'pm_bankDebit')
  stripe.addCustomer('cash', null)
})
afterAll(() => stripe.close())
beforeEach(() => {
  stripe.intents.clear()
  stripe.refunds.length = 0
  stripe.disputes.length = 0
  stripe.calls.length = 0
  stripe.faults.length = 0
  stripe.searchLag = false
  stripe.forgetKeys()
})

const never = new AbortController().signal
function adapter(intents: Intents = intentsInMemory(), options: { key?: string; turn?: () => Promise<void> } = {}) {
  return createStripe({
    url: stripe.url,
    key: stripe.key,
    timeoutMs: 30_000,
    intents,
    now: () => Date.now(),
    ...options,
  })
}
function chargeBy(customerId: string, amountCents = 700, currency = 'EUR') {
  return {
    orderId: randomUUID(),
    customerId,
    amountCents,
    currency,
  }
}
function intents() {
  return [...stripe.intents.values()]
}
function succeededCount() {
  return intents().filter(({ status }) => status === 'succeeded').length
}

test('charges an order once by one intent that names it', async () => {
  const charge = chargeBy('paying')
  const provider = adapter()
  const outcome = await provider.charge(charge, never)
  expect(outcome).toEqual({ status: 'captured', chargeId: intents()[0]?.id })
  expect(intents()).toMatchObject([
    { amount: 700, currency: 'eur', customer: 'cus_1', metadata: { order_id: charge.orderId, customer_id: 'paying' } },
  ])
  stripe.forgetKeys()
  expect(await provider.charge(charge, never)).toEqual(outcome)
  expect(succeededCount()).toBe(1)
})

test('finds a customer whose id needs quoting', async () => {
  expect(await adapter().charge(chargeBy("o'neil\\"), never)).toMatchObject({ status: 'captured' })
})

test.each([
  ['poor', 'insufficient_funds'],
  ['absent', 'authentication_required'],
  ['cash', 'no_payment_method'],
  ['nobody', 'no_payment_method'],
])('declines %s with the reason, also on a repeat', async (customer, reason) => {
  const [provider, charge] = [adapter(), chargeBy(customer)]
  expect(await provider.charge(charge, never)).toEqual({ status: 'declined', reason })
  stripe.forgetKeys()
  expect(await provider.charge(charge, never)).toEqual({ status: 'declined', reason })
  expect(succeededCount()).toBe(0)
})

test('declines an amount that cannot be charged exactly', async () => {
  expect(await adapter().charge(chargeBy('paying', 1999, 'KWD'), never)).toMatchObject({
    status: 'declined',
    reason: expect.stringContaining('amount_not_chargeable') as string,
  })
  expect(await adapter().charge(chargeBy('paying', 1), never)).toEqual({
    status: 'declined',
    reason: 'amount_too_small',
  })
  await adapter().charge(chargeBy('paying', 1990, 'KWD'), never)
  await adapter().charge(chargeBy('paying', 1999, 'JPY'), never)
  expect(intents().map(({ amount, currency }) => `${amount} ${currency}`)).toEqual(['1990 kwd', '1999 jpy'])
})

const confirmation = /\/confirm$/
const creation = /^\/v1\/payment_intents$/
test.each([
  { path: creation, done: true, status: 'drop' as const, reason: 'Unreachable' },
  { path: creation, done: true, status: 500, reason: 'Failing' },
  { path: creation, done: false, status: 500, reason: 'Failing' },
  { path: confirmation, done: true, status: 'drop' as const, reason: 'Unreachable' },
  { path: confirmation, done: false, status: 'drop' as const, reason: 'Unreachable' },
  { path: confirmation, done: true, status: 500, reason: 'Failing' },
  { path: confirmation, done: false, status: 500, reason: 'Failing' },
  { path: confirmation, done: true, status: 503, reason: 'Busy' },
  { path: confirmation, done: false, status: 429, reason: 'Busy' },
  { path: confirmation, done: false, status: 429, code: 'lock_timeout', reason: 'InFlight' },
  { path: confirmation, done: false, status: 409, code: 'idempotency_key_in_use', reason: 'InFlight' },
])('after $status of $path (done: $done) a retry charges once, with or without keys', async (scenario) => {
  for (const forgotten of [false, true]) {
    const { reason, ...fault } = scenario
    const [provider, charge] = [adapter(), chargeBy('paying')]
    stripe.faults.push(fault)
    await expect(provider.charge(charge, never)).rejects.toMatchObject({ reason })
    if (forgotten) stripe.forgetKeys()
    const before = succeededCount()
    expect(await provider.charge(charge, never)).toMatchObject({ status: 'captured' })
    expect(await provider.charge(charge, never)).toMatchObject({ status: 'captured' })
    const ofOrder = intents().filter(({ metadata }) => metadata['order_id'] === charge.orderId)
    expect(ofOrder.filter(({ status }) => status === 'succeeded')).toHaveLength(1)
    expect(succeededCount() - before).toBeLessThanOrEqual(1)
  }
})

test('two replicas charge one order once in parallel', async () => {
  const [sharedIntents, charge] = [intentsInMemory(), chargeBy('paying')]
  const outcomes = await Promise.allSettled([1, 2, 3].map(() => adapter(sharedIntents).charge(charge, never)))
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
  expect(await adapter(sharedIntents).charge(charge, never)).toMatchObject({ status: 'captured' })
  expect(succeededCount()).toBe(1)
})

test('a stopped order is never charged, and a charged one is reported on stop', async () => {
  const [provider, charge, paidCharge] = [adapter(), chargeBy('paying'), chargeBy('paying')]
  expect(await provider.stop(charge, never)).toEqual({ status: 'voided' })
  expect(await provider.charge(charge, never)).toEqual({ status: 'declined', reason: 'voided' })
  expect(succeededCount()).toBe(0)
  const { chargeId } = (await provider.charge(paidCharge, never)) as { chargeId: string }
  expect(await provider.stop(paidCharge, never)).toEqual({ status: 'captured', chargeId })
})

test('cancels the intent of an order stopped before the confirmation', async () => {
  const [sharedIntents, charge] = [intentsInMemory(), chargeBy('paying')]
  stripe.faults.push({ path: confirmation, done: false, status: 500 })
  await expect(adapter(sharedIntents).charge(charge, never)).rejects.toBeInstanceOf(ProviderError)
  expect(await adapter(sharedIntents).stop(charge, never)).toEqual({ status: 'voided' })
  expect(await adapter(sharedIntents).charge(charge, never)).toEqual({ status: 'declined', reason: 'canceled' })
  expect(intents().map(({ status }) => status)).toEqual(['canceled'])
})

test('a bank debit is pending until the bank decides, and cannot be stopped', async () => {
  const [provider, charge] = [adapter(), chargeBy('bank')]
  const outcome = await provider.charge(charge, never)
  expect(outcome).toMatchObject({ status: 'pending' })
  expect(await provider.find(charge.orderId, never)).toEqual(outcome)
  await expect(provider.stop(charge, never)).rejects.toMatchObject({ reason: 'InFlight', outage: true })
  stripe.decide(intents()[0]?.id ?? '', 'succeeded')
  expect(await provider.find(charge.orderId, never)).toMatchObject({ status: 'captured' })
  expect(await provider.stop(charge, never)).toMatchObject({ status: 'captured' })
})

test('searches for an order without a stored intent, and finds nothing if not charged', async () => {
  const charge = chargeBy('paying')
  await adapter().charge(charge, never)
  expect(await adapter().find(charge.orderId, never)).toMatchObject({ status: 'captured' })
  expect(await adapter().find(randomUUID(), never)).toBeUndefined()
})

test('refunds a charge once, through lost answers and under any keys', async () => {
  const [provider, charge] = [adapter(), chargeBy('paying', 1990, 'KWD')]
  const { chargeId } = (await provider.charge(charge, never)) as { chargeId: string }
  for (const fault of [
    { done: true, status: 'drop' as const },
    { done: true, status: 500 },
  ])
    stripe.faults.push({ path: /\/refunds$/, ...fault })
  await expect(provider.refund(charge.orderId, chargeId, never)).rejects.toMatchObject({ reason: 'Unreachable' })
  const refund = await provider.refund(charge.orderId, chargeId, never)
  expect(refund).toMatchObject({ chargeId, amountCents: 1990, currency: 'KWD' })
  stripe.forgetKeys()
  await provider.refund(charge.orderId, chargeId, never).catch(() => undefined)
  expect(await provider.refund(charge.orderId, chargeId, never)).toEqual(refund)
  expect(stripe.refunds).toHaveLength(1)
})

test('repeats a refund that failed at the bank, under the same key too', async () => {
  const [provider, charge] = [adapter(), chargeBy('paying')]
  const { chargeId } = (await provider.charge(charge, never)) as { chargeId: string }
  await provider.refund(charge.orderId, chargeId, never)
  for (const refund of stripe.refunds) refund.status = 'failed'
  expect(await provider.refund(charge.orderId, chargeId, never)).toMatchObject({ refundId: stripe.refunds[1]?.id })
  expect(stripe.refunds.map(({ status }) => status)).toEqual(['failed', 'succeeded'])
})

test('a wrong API key blames no order and appears in no message', async () => {
  const failure = await adapter(intentsInMemory(), { key: 'sk_test_wrong' })
    .charge(chargeBy('paying'), never)
    .catch((error: unknown) => error)
  expect(failure).toMatchObject({ reason: 'Misconfigured', outage: true })
  expect(String(failure)).not.toContain('sk_test')
})

test('each HTTP call waits for its turn', async () => {
  let turns = 0
  await adapter(intentsInMemory(), { turn: () => Promise.resolve(void turns++) }).charge(chargeBy('paying'), never)
  expect(stripe.calls).toHaveLength(3)
  expect(turns).toBe(3)
})

function partOf(amountCents: number, currency = 'EUR') {
  return { amountCents, currency, refundId: randomUUID() }
}
async function paidCharge() {
  const charge = chargeBy('paying')
  const provider = adapter()
  const { chargeId } = (await provider.charge(charge, never)) as { chargeId: string }
  return { provider, orderId: charge.orderId, chargeId }
}

test('refunds a part under its own key and id, and once however often it is asked', async () => {
  const { provider, orderId, chargeId } = await paidCharge()
  const part = partOf(300)
  const first = await provider.refund(orderId, chargeId, never, { part })
  expect(first).toMatchObject({ chargeId, amountCents: 300, currency: 'EUR' })
  expect(await provider.refund(orderId, chargeId, never, { part })).toEqual(first)
  // After a month Stripe has forgotten the key: the refund is found by its metadata.
  stripe.forgetKeys()
  expect(await provider.refund(orderId, chargeId, never, { part })).toEqual(first)
  await provider.refund(orderId, chargeId, never, { part: partOf(100) })
  expect(stripe.refunds.map(({ amount }) => amount)).toEqual([300, 100])
  expect(stripe.refunds[0]?.metadata).toEqual({ order_id: orderId, refund_id: part.refundId })
})

test('refunds a part once although the answer to the first call is lost', async () => {
  const { provider, orderId, chargeId } = await paidCharge()
  const part = partOf(300)
  stripe.faults.push({ path: /refunds$/, done: true, status: 'drop' })
  await expect(provider.refund(orderId, chargeId, never, { part })).rejects.toMatchObject({ reason: 'Unreachable' })
  const again = await provider.refund(orderId, chargeId, never, { part })
  expect(stripe.refunds).toMatchObject([{ id: again.refundId, amount: 300 }])
})

test('refunds a part once while an earlier call for it, which was given up, goes on at Stripe', async () => {
  const { provider, orderId, chargeId } = await paidCharge()
  const part = partOf(300)
  stripe.faults.push({ path: /refunds/, method: 'POST', done: false, status: 'slow' })
  const impatience = new AbortController()
  const first = provider.refund(orderId, chargeId, impatience.signal, { part })
  const refusal = expect(first).rejects.toMatchObject({ reason: 'Unreachable' })
  await vi.waitFor(() => expect(stripe.calls).toContain('POST /v1/refunds'), 30_000)
  impatience.abort()
  await refusal
  await expect(provider.refund(orderId, chargeId, never, { part })).rejects.toMatchObject({ reason: 'InFlight' })
  stripe.release()
  expect(await provider.refund(orderId, chargeId, never, { part })).toMatchObject({ amountCents: 300 })
  expect(stripe.refunds.map(({ amount }) => amount)).toEqual([300])
})

test('refunds a part once where Stripe repeats a failure to two replicas at once', async () => {
  const { provider, orderId, chargeId } = await paidCharge()
  const part = partOf(300)
  const refund = () => provider.refund(orderId, chargeId, never, { part })
  for (let failures = 0; failures < 2; failures++) {
    stripe.faults.push({ path: /refunds/, method: 'POST', done: false, status: 500 })
    await expect(refund()).rejects.toMatchObject({ reason: 'Failing' })
  }
  const [first, second] = await Promise.all([refund(), refund()])
  expect(second).toEqual(first)
  expect(stripe.refunds.map(({ amount }) => amount)).toEqual([300])
})

test('refunds a part again whose first refund failed later', async () => {
  const { provider, orderId, chargeId } = await paidCharge()
  const part = partOf(300)
  await provider.refund(orderId, chargeId, never, { part })
  const [first] = stripe.refunds
  if (first) first.status = 'failed'
  const again = await provider.refund(orderId, chargeId, never, { part })
  expect(again.refundId).not.toBe(first?.id)
  expect(stripe.refunds.filter(({ status }) => status !== 'failed')).toHaveLength(1)
})

test('a whole refund is of what parts have left, and of nothing once they have left nothing', async () => {
  const first = await paidCharge()
  await first.provider.refund(first.orderId, first.chargeId, never, { part: partOf(300) })
  expect(await first.provider.refund(first.orderId, first.chargeId, never)).toMatchObject({ amountCents: 400 })
  const second = await paidCharge()
  await second.provider.refund(second.orderId, second.chargeId, never, { part: partOf(700) })
  expect(await second.provider.refund(second.orderId, second.chargeId, never)).toMatchObject({ amountCents: 0 })
  expect(stripe.refunds.map(({ amount }) => amount)).toEqual([300, 400, 700])
})

test('refuses a part of more than is left, of a disputed charge, and that Stripe cannot refund exactly', async () => {
  const { provider, orderId, chargeId } = await paidCharge()
  const refund = (part: ReturnType<typeof partOf>) => provider.refund(orderId, chargeId, never, { part })
  await expect(refund(partOf(701))).rejects.toMatchObject({ reason: 'Refused', retry: false })
  await expect(refund(partOf(5, 'KWD'))).rejects.toMatchObject({ reason: 'Refused' })
  stripe.dispute(chargeId)
  await expect(refund(partOf(1))).rejects.toMatchObject({ reason: 'Refused' })
  expect(stripe.refunds).toEqual([])
})

test.each([
  ['needs_response', 'OPEN'],
  ['under_review', 'OPEN'],
  ['won', 'WON'],
  ['lost', 'LOST'],
  ['warning_needs_response', 'INQUIRY'],
  ['warning_under_review', 'INQUIRY'],
  ['warning_closed', 'DROPPED'],
  ['prevented', 'DROPPED'],
])('reads a dispute that is %s as %s, with the order of its intent', async (status, expected) => {
  const { orderId, chargeId } = await paidCharge()
  const { id } = stripe.dispute(chargeId, status, 500)
  const disputes = stripeDisputes({ url: stripe.url, key: stripe.key, timeoutMs: 30_000 })
  expect(await disputes.of(id, never)).toEqual({
    ...{ disputeId: id, orderId, customerId: 'paying', chargeId, amountCents: 500, currency: 'EUR' },
    ...{ reason: 'fraudulent', status: expected },
  })
  expect(await disputes.ofCharge(chargeId, never)).toEqual([id])
})

test('reads disputes with all the evidence that Stripe allows, and a charge with many refunds', async () => {
  const { provider, orderId, chargeId } = await paidCharge()
  const evidence = { uncategorized_text: 'x'.repeat(150_000) }
  const ids = Array.from({ length: 30 }, () => {
    const dispute = stripe.dispute(chargeId, 'won')
    dispute.evidence = evidence
    return dispute.id
  })
  const disputes = stripeDisputes({ url: stripe.url, key: stripe.key, timeoutMs: 30_000 })
  expect(await disputes.of(ids[0] ?? '', never)).toMatchObject({ orderId, status: 'WON' })
  expect((await disputes.changedSince(new Date(0), never)).toSorted()).toEqual(ids.toSorted())
  expect((await disputes.ofCharge(chargeId, never)).toSorted()).toEqual(ids.toSorted())
  const about = { status: 'failed' as const, payment_intent: chargeId, amount: 1, currency: 'eur' }
  for (let n = 0; n < 99; n++) stripe.refunds.push({ id: `re_${n}`, ...about, metadata: { note: 'x'.repeat(1_000) } })
  expect(await provider.refund(orderId, chargeId, never, { part: partOf(300) })).toMatchObject({ amountCents: 300 })
})

test('lists all disputes that were opened since a time, page by page', async () => {
  const { chargeId } = await paidCharge()
  const at = 1_800_000_000
  stripe.dispute(chargeId, 'lost', 1, at - 1)
  const opened = Array.from({ length: 201 }, (_, n) => stripe.dispute(chargeId, 'needs_response', 1, at + n).id)
  const disputes = stripeDisputes({ url: stripe.url, key: stripe.key, timeoutMs: 30_000 })
  expect((await disputes.changedSince(new Date(at * 1_000), never)).toSorted()).toEqual(opened.toSorted())
})

test('knows nothing of a dispute that is not about an order, and waits with one it cannot read', async () => {
  const { chargeId } = await paidCharge()
  const disputes = stripeDisputes({ url: stripe.url, key: stripe.key, timeoutMs: 30_000 })
  expect(await disputes.of('du_unknown', never)).toBeUndefined()
  const { id } = stripe.dispute(chargeId, 'some_new_status')
  await expect(disputes.of(id, never)).rejects.toMatchObject({ reason: 'Misconfigured', retry: true })
  const intent = stripe.intents.get(chargeId)
  if (intent) delete intent.metadata['order_id']
  expect(await disputes.of(id, never)).toBeUndefined()
})
