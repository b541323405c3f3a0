// Is no customer charged twice although the provider has forgotten the key, and does money that is
// owed go back however late?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import { cancelledEvent, reservedEvent, stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { paymentStage } from '../src/definition.ts'
import { makeDueRefunds, refundTask } from '../src/refunds/due-refunds.ts'
import { createProvider, ProviderError } from '../src/provider/provider.ts'
import type { Provider } from '../src/provider/provider.ts'

const consumes = ['inventory.updated', 'orders.cancelled']

let database: TestDatabase
let simulator: PaymentProvider
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const settings = { HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: database.url, PROVIDER_LATENCY_MS: '0' }
  simulator = await startPaymentProvider(providerConfig(settings), silentLogger())
  const topics = [...consumes, 'payment.processed', 'payment.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterAll(async () => {
  await bench.close()
  for (const closer of simulator.closers) await closer.close()
  await database.drop()
})

function now() {
  return new Date()
}
function provider() {
  return createProvider({ url: simulator.url, timeoutMs: 30_000 })
}
/** Through a replica of its own, which has handled all of it when this resolves. */
async function handle(events: Parameters<Bench['publish']>[0], by: Provider = provider()): Promise<void> {
  const replica = bench.start('payment', consumes, { ...paymentStage(by, { now }), periodicTasks: [] })
  await bench.publish(events)
  await until(async () => {
    const lags = await Promise.all(consumes.map((topic) => bench.lag('payment', topic)))
    return lags.every((lag) => lag === 0)
  })
  await replica.drain()
}
function order() {
  return testOrder(1, { 'SKU-0001': 1 })
}
function reservedNow({ orderId, customerId, currency }: TestOrder) {
  return eventOf('StockReserved', { orderId, customerId, totalCents: 100, currency }, { source: '/test', now: now() })
}
function charges({ orderId }: TestOrder) {
  return database.ask<{ status: string; refunded: boolean }>(
    'payment_provider',
    `SELECT status, refund_id IS NOT NULL AS refunded FROM charges LEFT JOIN refunds USING (charge_id)
     WHERE charges.order_id = $1 ORDER BY charges.created_at`,
    [orderId],
  )
}
function dues({ orderId }: TestOrder) {
  return database.ask('payment', 'SELECT reason, amount_cents, attempts FROM refunds_due WHERE order_id = $1', [
    orderId,
  ])
}
function payments({ orderId }: TestOrder) {
  return database.ask('payment', 'SELECT status FROM payments WHERE order_id = $1', [orderId])
}
async function eventTypes({ orderId }: TestOrder) {
  return (await bench.events('payment.processed'))
    .filter(({ data }) => data.orderId === orderId)
    .map(({ type }) => type)
}
/** As a provider does it after a day or so. */
function forgetKeys({ orderId }: TestOrder) {
  return database.ask('payment_provider', `UPDATE charges SET idempotency_key = $2 WHERE order_id = $1`, [
    orderId,
    randomUUID(),
  ])
}
/** As it is after eight days. */
function forgetInbox() {
  return database.ask('payment', 'DELETE FROM inbox')
}

const stopping = new AbortController().signal
function surroundings() {
  return {
    database: database.as('payment'),
    publish: (events: Parameters<Bench['publish']>[0]) => bench.publish(events),
    stopping,
  }
}
function makeDue() {
  return database.ask('payment', 'UPDATE refunds_due SET due_at = now()')
}

test('does not charge again a reservation that provider and inbox have forgotten', async () => {
  const paidOrder = order()
  await handle([reservedEvent(paidOrder)])
  await forgetKeys(paidOrder)
  await forgetInbox()
  await handle([reservedEvent(paidOrder)])
  expect(await charges(paidOrder)).toEqual([{ status: 'captured', refunded: false }])
  expect(await eventTypes(paidOrder)).toEqual(['PaymentCaptured'])
})

test('finds an unrecorded charge older than the provider’s memory', async () => {
  const [paidOrder, cancelledOrder] = [order(), { ...order(), orderId: '019b0000-0000-7000-8000-000000000001' }]
  for (const { orderId, customerId, currency } of [paidOrder, cancelledOrder])
    await provider().charge({ orderId, customerId, currency, amountCents: 100 }, stopping)
  await forgetKeys(paidOrder)
  await forgetKeys(cancelledOrder)
  await handle([reservedEvent(paidOrder), cancelledEvent(cancelledOrder)])
  expect(await charges(paidOrder)).toEqual([{ status: 'captured', refunded: false }])
  expect(await eventTypes(paidOrder)).toEqual(['PaymentCaptured'])
  expect(await charges(cancelledOrder)).toEqual([{ status: 'captured', refunded: true }])
})

test('shows a second charge as owed and refunds it without an event', async () => {
  const twice = order()
  await handle([reservedEvent(twice)])
  await forgetKeys(twice)
  await forgetInbox()
  await handle([reservedNow(twice)])
  expect(await dues(twice)).toEqual([{ reason: 'SECOND_CHARGE', amount_cents: 100, attempts: 0 }])
  const registry = createRegistry()
  const refusing: Provider = { ...provider(), refund: () => Promise.reject(new ProviderError('Refused', 'not now')) }
  await refundTask({ provider: refusing, now, registry }).run({ ...surroundings(), keyedByOrder: () => false })
  expect(await registry.metrics()).toContain('payment_owed_cents{currency="EUR"} 100')
  expect(await registry.metrics()).toContain('payment_refunds_due{reason="SECOND_CHARGE"} 1')
  // The next attempt is delayed, and there is none before its time.
  expect(await makeDueRefunds(surroundings(), { provider: provider(), now })).toBe(0)
  await makeDue()
  expect(await makeDueRefunds(surroundings(), { provider: provider(), now })).toBe(1)
  expect(await charges(twice)).toEqual([
    { status: 'captured', refunded: false },
    { status: 'captured', refunded: true },
  ])
  expect(await dues(twice)).toEqual([])
  expect(await payments(twice)).toEqual([{ status: 'CAPTURED' }])
  expect(await eventTypes(twice)).toEqual(['PaymentCaptured'])
})

test.each(['refund', 'stop'] as const)(
  'keeps a refused %s due until the refund succeeds, and reports it then',
  async (call) => {
    const paidOrder = order()
    const { orderId, customerId, currency } = paidOrder
    if (call === 'refund') await handle([reservedEvent(paidOrder)])
    else await provider().charge({ orderId, customerId, currency, amountCents: 100 }, stopping)
    const refuse = () => Promise.reject(new ProviderError('Refused', 'answered 422'))
    const unanswered = { ...provider(), find: () => Promise.resolve(undefined) }
    await handle([cancelledEvent(paidOrder)], { ...unanswered, [call]: refuse })
    expect(await bench.records('payment.dead-letters')).toEqual([])
    expect(await dues(paidOrder)).toEqual([
      { reason: 'GIVEN_UP', amount_cents: call === 'refund' ? 100 : null, attempts: 0 },
    ])
    await makeDueRefunds(surroundings(), { provider: provider(), now })
    expect(await charges(paidOrder)).toEqual([{ status: 'captured', refunded: true }])
    expect(await dues(paidOrder)).toEqual([])
    expect(await payments(paidOrder)).toEqual([{ status: 'REFUNDED' }])
    expect((await eventTypes(paidOrder)).at(-1)).toBe('PaymentRefunded')
  },
)

test('settles an order without any charge without a refund', async () => {
  const unpaid = order()
  const refuse = () => Promise.reject(new ProviderError('Refused', 'answered 422'))
  await handle([cancelledEvent(unpaid)], { ...provider(), stop: refuse })
  expect(await dues(unpaid)).toMatchObject([{ reason: 'GIVEN_UP', amount_cents: null }])
  await makeDueRefunds(surroundings(), { provider: provider(), now })
  expect(await charges(unpaid)).toEqual([{ status: 'voided', refunded: false }])
  expect(await payments(unpaid)).toEqual([{ status: 'CANCELLED' }])
  expect(await dues(unpaid)).toEqual([])
})

test('refunds an unknown charge that stays due for longer than the provider remembers keys', async () => {
  const paidOrder = order()
  const { orderId, customerId, currency } = paidOrder
  await provider().charge({ orderId, customerId, currency, amountCents: 100 }, stopping)
  const refuse = () => Promise.reject(new ProviderError('Refused', 'answered 422'))
  await handle([cancelledEvent(paidOrder)], { ...provider(), find: () => Promise.resolve(undefined), stop: refuse })
  expect(await dues(paidOrder)).toMatchObject([{ reason: 'GIVEN_UP', amount_cents: null }])
  await forgetKeys(paidOrder)
  await makeDueRefunds(surroundings(), { provider: provider(), now })
  expect(await charges(paidOrder)).toEqual([{ status: 'captured', refunded: true }])
  expect(await payments(paidOrder)).toEqual([{ status: 'REFUNDED' }])
  expect(await dues(paidOrder)).toEqual([])
})

test('counts a due of unknown amount, by its payment or pending charge where there is one', async () => {
  const [unknown, pending] = [order(), order()]
  for (const { orderId, customerId } of [unknown, pending])
    await database.ask(
      'payment',
      `INSERT INTO refunds_due (order_id, charge_id, customer_id, reason) VALUES ($1, '', $2, 'GIVEN_UP')`,
      [orderId, customerId],
    )
  await database.ask('payment', `INSERT INTO charges_pending VALUES ($1, $2, 700, 'SEK')`, [
    pending.orderId,
    pending.customerId,
  ])
  const registry = createRegistry()
  const refusing: Provider = { ...provider(), stop: () => Promise.reject(new ProviderError('Refused', 'not now')) }
  await refundTask({ provider: refusing, now, registry }).run({ ...surroundings(), keyedByOrder: () => false })
  const metrics = await registry.metrics()
  expect(metrics).toContain('payment_owed_cents{currency="unknown"} 1')
  expect(metrics).toContain('payment_owed_cents{currency="SEK"} 700')
  expect(metrics).toContain('payment_refunds_due{reason="GIVEN_UP"} 2')
  await database.ask('payment', 'DELETE FROM refunds_due')
  await database.ask('payment', 'DELETE FROM charges_pending')
})

test('a cancelled order of unknown age is looked for before its key is stopped', async () => {
  const paidOrder = order()
  const { orderId, customerId, currency } = paidOrder
  await provider().charge({ orderId, customerId, currency, amountCents: 100 }, stopping)
  await forgetKeys(paidOrder)
  await handle([cancelledEvent(paidOrder)])
  expect(await charges(paidOrder)).toEqual([{ status: 'captured', refunded: true }])
})

test('does not charge an old order again whose reservation is published again', async () => {
  const paidOrder = { ...order(), orderId: '019b0000-0000-7000-8000-000000000002' }
  const { orderId, customerId, currency } = paidOrder
  await provider().charge({ orderId, customerId, currency, amountCents: 100 }, stopping)
  await forgetKeys(paidOrder)
  await handle([reservedNow(paidOrder)])
  expect(await charges(paidOrder)).toEqual([{ status: 'captured', refunded: false }])
  expect(await payments(paidOrder)).toEqual([{ status: 'CAPTURED' }])
})
