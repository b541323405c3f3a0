// Is the money of a cancelled order refunded, once, in whichever order cancellation, reservation
// and charge come, by real components?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { cancelledEvent, reservedEvent, stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { createProvider, guarded, paymentStage } from '@orderpipeline/payment'
import type { GuardOptions } from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { Behaviour, PaymentProvider } from '@orderpipeline/payment-provider'

const topics = ['inventory.updated', 'orders.cancelled', 'payment.processed', 'payment.dead-letters']
const consumes = ['inventory.updated', 'orders.cancelled']
const context = { source: '/test', now: new Date(0) }

let database: TestDatabase
let simulator: PaymentProvider
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  simulator = await startPaymentProvider(
    providerConfig({
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: database.url,
      PROVIDER_LATENCY_MS: '0',
      PROVIDER_JITTER_MS: '0',
    }),
    silentLogger(),
  )
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterAll(async () => {
  await bench.close()
  for (const closer of simulator.closers) await closer.close()
  await database.drop()
})

function provider() {
  return createProvider({ url: simulator.url, timeoutMs: 30_000 })
}
function start() {
  return bench.start('payment', consumes, paymentStage(provider(), { now: () => new Date() }), {
    STAGE_RETRY_ATTEMPTS: 20,
  })
}
function behave(behaviour: Partial<Behaviour>) {
  return fetch(`${simulator.url}/v1/behaviour`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(behaviour),
  })
}
async function publishAndWait(events: readonly OrderEvent[]): Promise<void> {
  await bench.publish(events)
  await until(async () => {
    const lags = await Promise.all(consumes.map((topic) => bench.lag('payment', topic)))
    return lags.every((lag) => lag === 0)
  })
}
function order(n: number) {
  return testOrder(n, { 'SKU-0001': 1 })
}
function refundRequested({ orderId, customerId }: TestOrder) {
  return eventOf('RefundRequested', { orderId, customerId, chargeId: 'as the books say' }, context)
}
async function eventTypes({ orderId }: TestOrder) {
  return (await bench.events('payment.processed'))
    .filter(({ data }) => data.orderId === orderId)
    .map(({ type }) => type)
}
function charges({ orderId }: TestOrder) {
  return database.ask<{ status: string; refunded: boolean }>(
    'payment_provider',
    `SELECT status, refund_id IS NOT NULL AS refunded FROM charges LEFT JOIN refunds USING (charge_id) WHERE charges.order_id = $1`,
    [orderId],
  )
}
async function booked({ orderId }: TestOrder) {
  return (
    await database.ask<{ status: string }>('payment', 'SELECT status FROM payments WHERE order_id = $1', [orderId])
  )[0]?.status
}

test('refunds and reports a captured charge once, however often requested', async () => {
  const captured = order(1)
  const replica = start()
  await publishAndWait([reservedEvent(captured)])
  await publishAndWait([cancelledEvent(captured), refundRequested(captured), cancelledEvent(captured)])
  await publishAndWait([refundRequested(captured)])
  await replica.drain()
  expect(await charges(captured)).toEqual([{ status: 'captured', refunded: true }])
  expect(await eventTypes(captured)).toEqual(['PaymentCaptured', 'PaymentRefunded'])
  expect(await booked(captured)).toBe('REFUNDED')
})

test('never charges an order cancelled before its reservation', async () => {
  const early = order(2)
  const replica = start()
  await publishAndWait([cancelledEvent(early)])
  await publishAndWait([reservedEvent(early)])
  await replica.drain()
  expect(await charges(early)).toEqual([{ status: 'voided', refunded: false }])
  expect(await eventTypes(early)).toEqual([])
  expect(await booked(early)).toBe('CANCELLED')
})

test('refunds a charge that its process could not record before it died', async () => {
  const lostOrder = order(3)
  const { orderId, customerId } = lostOrder
  const charge = { orderId, customerId, amountCents: 100, currency: 'EUR' }
  expect((await provider().charge(charge, AbortSignal.timeout(30_000))).status).toBe('captured')
  const replica = start()
  await publishAndWait([cancelledEvent(lostOrder)])
  await publishAndWait([reservedEvent(lostOrder)])
  await replica.drain()
  expect(await charges(lostOrder)).toEqual([{ status: 'captured', refunded: true }])
  expect(await eventTypes(lostOrder)).toEqual(['PaymentRefunded'])
})

test('cancellations on another replica during charges leave no customer short', async () => {
  await behave({ latencyMs: 300, jitterMs: 300, errorRate: 0.2 })
  const orders = Array.from({ length: 60 }, (_, n) => order(n))
  const replicas = [start(), start()]
  await bench.publish(orders.map(reservedEvent))
  await until(async () => (await bench.events('payment.processed')).length > 10)
  await publishAndWait(orders.map(cancelledEvent))
  await Promise.all(replicas.map((replica) => replica.drain()))
  await behave({ latencyMs: 0, jitterMs: 0, errorRate: 0 })
  // A capture that was recorded after the cancellation was handled is refunded when the orders
  // service receives it.
  const late = start()
  await publishAndWait(orders.map(refundRequested))
  await late.drain()
  for (const each of orders) {
    const [charge] = await charges(each)
    expect(charge?.refunded).toBe(charge?.status === 'captured')
    expect(await booked(each)).not.toBe('CAPTURED')
    const types = await eventTypes(each)
    expect(types.filter((type) => type === 'PaymentRefunded')).toHaveLength(charge?.refunded ? 1 : 0)
  }
  expect(await bench.records('payment.dead-letters')).toEqual([])
})

test('keeps messages in Kafka while the breaker is open, then charges them all', async () => {
  const own = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
  await behave({ errorRate: 1 })
  const openMs = 600_000
  let passedMs = 0
  const guard: GuardOptions = {
    ...{ perSecond: 10_000, attempts: 1, backoffMs: 1, clock: () => performance.now() + passedMs },
    breaker: { window: 10, minCalls: 5, failureRate: 0.5, openMs },
  }
  const guardedProvider = guarded(provider(), guard)
  const definition = paymentStage(guardedProvider, { now: () => new Date() })
  const replica = own.start('payment', consumes, { ...definition, hold: () => guardedProvider.open })
  const [few, many] = [Array.from({ length: 10 }, (_, n) => order(n)), Array.from({ length: 300 }, (_, n) => order(n))]
  await own.publish(few.map(reservedEvent))
  await until(() => guardedProvider.open, 5)
  await behave({ errorRate: 0 })
  await own.publish(many.map(reservedEvent))
  const figure = async (name: string) => {
    const lines = (await replica.registry.metrics()).split('\n').filter((line) => line.startsWith(name))
    return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  }
  // Once the replica knows that they are there, it could have read them.
  await until(async () => (await figure('orderpipeline_stage_lag')) > 100, 20)
  expect(guardedProvider.open).toBe(true)
  expect(await figure('orderpipeline_stage_in_hand')).toBeLessThanOrEqual(few.length)
  passedMs = openMs
  await until(async () => (await own.lag('payment', 'inventory.updated')) === 0)
  await replica.drain()
  expect(await own.records('payment.dead-letters')).toEqual([])
  // The replica also makes the refunds that earlier tests have left open.
  const orderIds = new Set([...few, ...many].map(({ orderId }) => orderId))
  const events = await own.events('payment.processed')
  expect(events.filter(({ data }) => orderIds.has((data as { orderId: string }).orderId))).toHaveLength(310)
  await own.close()
})
