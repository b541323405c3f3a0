// Is an order paid, declined, paid late and given back through Stripe's API as it is through the
// simulator, by the real stage?
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import { cancelledEvent, stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { createStageRate } from '../src/guard/callers.ts'
import { paymentConfig } from '../src/config.ts'
import { createConnection } from '../src/connection.ts'
import { paymentStage } from '../src/definition.ts'
import { makeDueRefunds } from '../src/refunds/due-refunds.ts'
import { settlePending } from '../src/pending.ts'
import { reconcile } from '../src/reconcile/reconcile.ts'
import { webhookTask } from '../src/provider/stripe/webhook-task.ts'
import { webhookPath } from '../src/provider/stripe/webhook.ts'
import { startStripeServer, stripeSignature } from './stripe-server.ts'
import type { StripeServer } from './stripe-server.ts'

const consumes = ['inventory.updated', 'orders.cancelled']
function now() {
  return new Date()
}
const stopping = new AbortController().signal

let database: TestDatabase
let stripe: StripeServer
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  stripe = await startStripeServer()
  const topics = [...consumes, 'payment.processed', 'payment.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterAll(async () => {
  await bench.close()
  await stripe.close()
  await database.drop()
})

function connect() {
  const settings = {
    PAYMENT_PROVIDER: 'stripe',
    PAYMENT_PROVIDER_URL: stripe.url,
    PAYMENT_PROVIDER_TOKEN: stripe.key,
    PAYMENT_STAGE_RATE_PER_SECOND: '10000',
  }
  const connection = createConnection(paymentConfig(settings), {
    now,
    logger: silentLogger(),
    registry: createRegistry(),
  })
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
async function handle(events: Parameters<Bench['publish']>[0]): Promise<void> {
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
function order(paymentMethod: string): TestOrder {
  const one = { ...testOrder(1, { 'SKU-0001': 1 }), customerId: `customer-${++orders}` }
  stripe.addCustomer(one.customerId, paymentMethod)
  return one
}
function reservation({ orderId, customerId, currency }: TestOrder) {
  return eventOf('StockReserved', { orderId, customerId, totalCents: 700, currency }, { source: '/test', now: now() })
}
async function eventTypes({ orderId }: TestOrder) {
  return (await bench.events('payment.processed'))
    .filter(({ data }) => data.orderId === orderId)
    .map(({ type }) => type)
}
async function bookedStatus({ orderId }: TestOrder) {
  return (
    await database.ask<{ status: string }>('payment', 'SELECT status FROM payments WHERE order_id = $1', [orderId])
  )[0]?.status
}
function pending({ orderId }: TestOrder) {
  return database.ask('payment', 'SELECT attempts FROM charges_pending WHERE order_id = $1', [orderId])
}
function intentOf({ orderId }: TestOrder) {
  return [...stripe.intents.values()].find(({ metadata }) => metadata['order_id'] === orderId)
}
function makeDue() {
  return Promise.all(
    ['refunds_due', 'charges_pending'].map((table) => database.ask('payment', `UPDATE ${table} SET due_at = now()`)),
  )
}

test('charges or declines what is reserved and refunds what is cancelled', async () => {
  const [paidOrder, poor] = [order('pm_card_visa'), order('pm_card_chargeDeclinedInsufficientFunds')]
  await handle([reservation(paidOrder), reservation(poor)])
  expect([await eventTypes(paidOrder), await eventTypes(poor)]).toEqual([['PaymentCaptured'], ['PaymentDeclined']])
  await handle([cancelledEvent(paidOrder)])
  expect(await eventTypes(paidOrder)).toEqual(['PaymentCaptured', 'PaymentRefunded'])
  expect(stripe.refunds.map(({ payment_intent }) => payment_intent)).toEqual([intentOf(paidOrder)?.id])
})

test('a cancellation that arrives first stops the order on every replica', async () => {
  const early = order('pm_card_visa')
  await handle([cancelledEvent(early)])
  await handle([reservation(early)])
  expect(intentOf(early)?.status).not.toBe('succeeded')
  expect([await bookedStatus(early), await eventTypes(early)]).toEqual(['CANCELLED', []])
})

test('reports a bank’s late decision once, as soon as a webhook arrives', async () => {
  const late = order('pm_bankDebit')
  await handle([reservation(late)])
  expect([await bookedStatus(late), await eventTypes(late)]).toEqual([undefined, []])
  const { provider } = connect()
  await makeDue()
  expect(await settlePending(surroundings(), { provider, now })).toBe(0)
  expect(await pending(late)).toEqual([{ attempts: 1 }])
  stripe.decide(intentOf(late)?.id ?? '', 'succeeded')
  expect(await settlePending(surroundings(), { provider, now })).toBe(0)

  let port = 0
  const options = { port: 0, host: '127.0.0.1', secrets: ['whsec'], now, logger: silentLogger() }
  const webhook = webhookTask({ ...options, onListening: (listeningPort) => (port = listeningPort) })
  await webhook.run({ ...surroundings(), keyedByOrder: () => false })
  const object = { object: 'payment_intent', status: 'succeeded', metadata: { order_id: late.orderId } }
  const body = JSON.stringify({ id: 'evt_1', type: 'payment_intent.succeeded', data: { object } })
  const call = () =>
    fetch(`http://127.0.0.1:${port}${webhookPath}`, {
      method: 'POST',
      headers: { 'stripe-signature': stripeSignature(body, 'whsec', Math.floor(Date.now() / 1_000)) },
      body,
    })
  expect((await call()).status).toBe(200)
  expect(await settlePending(surroundings(), { provider, now })).toBe(1)
  expect((await call()).status).toBe(200)
  expect(await settlePending(surroundings(), { provider, now })).toBe(0)
  webhook.close?.()
  expect([await bookedStatus(late), await eventTypes(late), await pending(late)]).toEqual([
    'CAPTURED',
    ['PaymentCaptured'],
    [],
  ])
})

test('a pending charge of a cancelled order is due until it is refunded', async () => {
  const late = order('pm_bankDebit')
  await handle([reservation(late)])
  await handle([cancelledEvent(late)])
  expect(await bench.records('payment.dead-letters')).toEqual([])
  const { provider } = connect()
  expect(await makeDueRefunds(surroundings(), { provider, now })).toBe(0)
  stripe.decide(intentOf(late)?.id ?? '', 'succeeded')
  await makeDue()
  expect(await makeDueRefunds(surroundings(), { provider, now })).toBe(1)
  expect(stripe.refunds.some(({ payment_intent }) => payment_intent === intentOf(late)?.id)).toBe(true)
  await makeDue()
  await settlePending(surroundings(), { provider, now })
  expect([await bookedStatus(late), (await eventTypes(late)).at(-1), await pending(late)]).toEqual([
    'REFUNDED',
    'PaymentRefunded',
    [],
  ])
})

test('the comparison finds unbooked charges and later failed refunds', async () => {
  const [lostOrder, unpaid] = [order('pm_card_visa'), order('pm_card_visa')]
  const { provider, list } = connect()
  await provider.charge({ ...lostOrder, amountCents: 700 }, stopping)
  await handle([reservation(unpaid)])
  await handle([cancelledEvent(unpaid)])
  for (const refund of stripe.refunds) if (refund.payment_intent === intentOf(unpaid)?.id) refund.status = 'failed'
  const stretch = { since: new Date(Date.now() - 3_600_000), until: new Date(Date.now() + 60_000) }
  const look = async () =>
    (await reconcile(stretch, surroundings(), { provider, list, afterSeconds: 0, now })).filter(({ orderId }) =>
      [lostOrder.orderId, unpaid.orderId].includes(orderId),
    )
  expect((await look()).map(({ kind }) => kind).sort()).toEqual(['NOT_REFUNDED', 'UNBOOKED'])
  expect([await bookedStatus(lostOrder), await eventTypes(lostOrder)]).toEqual(['CAPTURED', ['PaymentCaptured']])
  await makeDue()
  expect(await makeDueRefunds(surroundings(), { provider, now })).toBe(1)
  expect(await look()).toEqual([])
})

test('replicas that see each other divide the rate of the stage', async () => {
  const rates = [1, 2, 3, 4].map(() => createStageRate({ perSecond: 80 }))
  const look = async () => {
    for (const { task } of rates) await task.run({ ...surroundings(), keyedByOrder: () => false })
  }
  await rates[0]?.turn(stopping)
  await sleep(1)
  for (let n = 0; n < 4; n++) await look()
  expect(rates.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(80, 3)
})
