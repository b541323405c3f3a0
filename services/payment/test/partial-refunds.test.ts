// Are parts of a payment refunded once, never for more than was charged, and as long as it takes,
// on a real database and with a provider that fails?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { cancelledEvent, stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { paymentStage } from '../src/definition.ts'
import { createProvider, ProviderError } from '../src/provider/provider.ts'
import type { Provider } from '../src/provider/provider.ts'
import { refundTask } from '../src/refunds/due-refunds.ts'
import { makePartialRefunds } from '../src/refunds/make-partial-refunds.ts'

const consumes = ['inventory.updated', 'orders.cancelled', 'orders.refunds']

let database: TestDatabase
let simulator: PaymentProvider
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const settings = { HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: database.url, PROVIDER_LATENCY_MS: '0' }
  simulator = await startPaymentProvider(providerConfig(settings), silentLogger())
  const topics = [...consumes, 'payment.processed', 'payment.adjusted', 'payment.dead-letters']
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
async function handle(events: readonly OrderEvent[]): Promise<void> {
  const replica = bench.start('payment', consumes, { ...paymentStage(provider(), { now }), periodicTasks: [] })
  await bench.publish(events)
  await until(async () => {
    const lags = await Promise.all(consumes.map((topic) => bench.lag('payment', topic)))
    return lags.every((lag) => lag === 0)
  })
  await replica.drain()
}
function reserved({ orderId, customerId, currency }: TestOrder, totalCents = 700) {
  return eventOf('StockReserved', { orderId, customerId, totalCents, currency }, { source: '/test', now: now() })
}
function request({ orderId, customerId, currency }: TestOrder, amountCents: number) {
  const data = { orderId, customerId, refundId: randomUUID(), amountCents, currency, reason: 'test' }
  return eventOf('PartialRefundRequested', data, { source: '/orders', now: now() }, data.refundId)
}
async function paidOrder(): Promise<TestOrder> {
  const order = testOrder(1, { 'SKU-0001': 1 })
  await handle([reserved(order)])
  return order
}
function surroundings() {
  return {
    database: database.as('payment'),
    publish: (events: Parameters<Bench['publish']>[0]) => bench.publish(events),
    stopping: new AbortController().signal,
  }
}
async function makeDue(by: Provider = provider()) {
  await database.ask('payment', 'UPDATE partial_refunds SET due_at = now()')
  return makePartialRefunds(surroundings(), { provider: by, now })
}
async function adjustments({ orderId }: TestOrder) {
  const events = (await bench.events('payment.adjusted')).filter(({ data }) => data.orderId === orderId)
  return events.map(({ type, id }) => ({ type, id }))
}
function parts({ orderId }: TestOrder) {
  return database.ask(
    'payment',
    'SELECT amount_cents, status, refusal FROM partial_refunds WHERE order_id = $1 ORDER BY amount_cents',
    [orderId],
  )
}
async function partlyRefunded({ orderId }: TestOrder) {
  const [row] = await database.ask<{ partly_refunded_cents: number }>(
    'payment',
    'SELECT partly_refunded_cents FROM payments WHERE order_id = $1',
    [orderId],
  )
  return row?.partly_refunded_cents
}
async function refundedByProvider({ orderId }: TestOrder) {
  const rows = await database.ask<{ cents: number }>(
    'payment_provider',
    `SELECT amount_cents AS cents FROM partial_refunds WHERE order_id = $1
     UNION ALL SELECT amount_cents FROM refunds WHERE order_id = $1`,
    [orderId],
  )
  return rows.reduce((sum, { cents }) => sum + cents, 0)
}

test('refunds several parts, each once, and publishes each once', async () => {
  const order = await paidOrder()
  const [first, second] = [request(order, 300), request(order, 150)]
  await handle([first, first, second])
  expect(await parts(order)).toMatchObject([
    { amount_cents: 150, status: 'DUE' },
    { amount_cents: 300, status: 'DUE' },
  ])
  expect(await partlyRefunded(order)).toBe(450)
  expect(await makeDue()).toBe(2)
  expect(await makeDue()).toBe(0)
  expect(await refundedByProvider(order)).toBe(450)
  const events = await adjustments(order)
  expect(events.map(({ type }) => type)).toEqual(['PaymentPartlyRefunded', 'PaymentPartlyRefunded'])
  // As after a restored Kafka: the request comes again, and its outcome is published again.
  await database.ask('payment', 'DELETE FROM inbox')
  await handle([first])
  const again = await adjustments(order)
  expect(new Set(again.map(({ id }) => id)).size).toBe(2)
  expect(await refundedByProvider(order)).toBe(450)
})

test('refuses what is more than was charged, from many requests at once', async () => {
  const order = await paidOrder()
  await handle(Array.from({ length: 10 }, () => request(order, 200)))
  const rows = (await parts(order)) as { status: string; refusal: string | null }[]
  expect(rows.filter(({ status }) => status === 'DUE')).toHaveLength(3)
  expect(rows.filter(({ refusal }) => refusal === 'EXCEEDS_CHARGE')).toHaveLength(7)
  await makeDue()
  expect(await refundedByProvider(order)).toBe(600)
  const refusals = (await adjustments(order)).filter(({ type }) => type === 'PartialRefundRefused')
  expect(refusals).toHaveLength(7)
})

test('the database holds it against every other way', async () => {
  const { orderId, customerId } = await paidOrder()
  const insert = (cents: number) =>
    database.ask(
      'payment',
      `INSERT INTO partial_refunds (refund_id, order_id, customer_id, charge_id, amount_cents, currency, status)
       VALUES (gen_random_uuid(), $1, $2, 'ch', $3, 'EUR', 'DUE')`,
      [orderId, customerId, cents],
    )
  await insert(700)
  await expect(insert(1)).rejects.toThrow('payments_partly_refunded')
  await database.ask('payment', `UPDATE partial_refunds SET status = 'REFUSED', refusal = 'x' WHERE order_id = $1`, [
    orderId,
  ])
  await insert(1)
  expect(await partlyRefunded({ orderId } as TestOrder)).toBe(1)
  await database.ask('payment', 'DELETE FROM partial_refunds WHERE order_id = $1', [orderId])
  expect(await partlyRefunded({ orderId } as TestOrder)).toBe(0)
})

test('a cancelled order is refunded for what parts have left, and no part follows', async () => {
  const order = await paidOrder()
  await handle([request(order, 300)])
  await makeDue()
  await handle([request(order, 100)])
  await handle([cancelledEvent(order)])
  expect(await refundedByProvider(order)).toBe(700)
  await makeDue()
  expect(await parts(order)).toMatchObject([
    { amount_cents: 100, status: 'REFUSED', refusal: 'REFUNDED' },
    { amount_cents: 300, status: 'REFUNDED' },
  ])
  const [payment] = await database.ask('payment', 'SELECT status, amount_cents FROM payments WHERE order_id = $1', [
    order.orderId,
  ])
  expect(payment).toEqual({ status: 'REFUNDED', amount_cents: 700 })
  const whole = (await bench.events('payment.processed')).find(
    ({ type, data }) => type === 'PaymentRefunded' && data.orderId === order.orderId,
  )
  expect(whole?.data).toMatchObject({ totalCents: 400 })
})

test('asks again for as long as the provider fails, and shows what is owed', async () => {
  const order = await paidOrder()
  await handle([request(order, 300)])
  const failing: Provider = {
    ...provider(),
    refund: () => Promise.reject(new ProviderError('Refused', 'answered 422: the account is closed')),
  }
  expect(await makeDue(failing)).toBe(0)
  const registry = createRegistry()
  const task = refundTask({ provider: failing, now, registry })
  await task.run({ ...surroundings(), keyedByOrder: () => false })
  const text = await registry.metrics()
  expect(text).toContain('payment_owed_cents{currency="EUR"} 300')
  expect(text).toContain('payment_refunds_due{reason="PART"} 1')
  const [row] = await database.ask<{ attempts: number; last_error: string }>(
    'payment',
    'SELECT attempts, last_error FROM partial_refunds WHERE order_id = $1',
    [order.orderId],
  )
  expect(row?.attempts).toBeGreaterThan(0)
  expect(row?.last_error).toContain('account is closed')
  expect(await makeDue()).toBe(1)
  expect(await refundedByProvider(order)).toBe(300)
})

test('a provider that gives back another amount than the part is an error, and not published', async () => {
  const order = await paidOrder()
  await handle([request(order, 300)])
  const whole: Provider = {
    ...provider(),
    refund: (_, chargeId) => Promise.resolve({ refundId: 're', chargeId, amountCents: 700, currency: 'EUR' }),
  }
  expect(await makeDue(whole)).toBe(0)
  expect(await parts(order)).toMatchObject([{ status: 'DUE' }])
  expect(await adjustments(order)).toEqual([])
  const [row] = await database.ask<{ last_error: string }>(
    'payment',
    'SELECT last_error FROM partial_refunds WHERE order_id = $1',
    [order.orderId],
  )
  expect(row?.last_error).toContain('is of 700 EUR instead of 300')
  expect(await makeDue()).toBe(1)
})

test('a crash between the publication and the database repeats both, with one effect', async () => {
  const order = await paidOrder()
  await handle([request(order, 300)])
  await database.ask('payment', 'UPDATE partial_refunds SET due_at = now()')
  const dying = {
    ...surroundings(),
    publish: async (events: Parameters<Bench['publish']>[0]) => {
      await bench.publish(events)
      throw new Error('killed')
    },
  }
  expect(await makePartialRefunds(dying, { provider: provider(), now })).toBe(0)
  expect(await makeDue()).toBe(1)
  expect(await refundedByProvider(order)).toBe(300)
  const events = await adjustments(order)
  expect(events).toHaveLength(2)
  expect(new Set(events.map(({ id }) => id)).size).toBe(1)
})
