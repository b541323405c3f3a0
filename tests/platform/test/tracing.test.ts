// Is one order one trace, from its request through outbox, relay and every Kafka hop to the payment
// provider, the parcel and the mail, and back again when it is cancelled? Checked with a receiver
// of OTLP over HTTP, from real services on a real Kafka and a real database, and a real mail
// server.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { gatewayConfig, startGateway } from '@orderpipeline/gateway'
import type { Gateway } from '@orderpipeline/gateway'
import { inventoryStage } from '@orderpipeline/inventory'
import { consumedTopics, shopStages, shopTopics, stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry, startTracing } from '@orderpipeline/telemetry'
import type { Tracing } from '@orderpipeline/telemetry'
import { mailing, mailConfig, notificationStage } from '@orderpipeline/notification'
import { ordersStage } from '@orderpipeline/orders'
import { createProvider, paymentStage, traced } from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { shippingStage } from '@orderpipeline/shipping'
import { mailServer } from '@orderpipeline/test-support/mail-server'
import type { MailServer } from '@orderpipeline/test-support/mail-server'
import { attribute, spanReceiver } from '../src/span-receiver.ts'
import type { Span, SpanReceiver } from '../src/span-receiver.ts'

/** Kinds of span in OTLP. */
const consumer = 5

let database: TestDatabase
let bench: Bench
let provider: PaymentProvider
let receiver: SpanReceiver
let mails: MailServer
beforeAll(async () => {
  receiver = await spanReceiver()
  database = await testDatabase(postgresUrl(), { seedProducts: 10 })
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: [...shopTopics, ...shopStages.map((stage) => `${stage}.dead-letters`)],
  })
  provider = await startPaymentProvider(
    providerConfig({
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: database.url,
      PROVIDER_LATENCY_MS: '5',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    }),
    silentLogger(),
  )
  mails = await mailServer()
})
afterAll(async () => {
  await bench.close()
  for (const closer of provider.closers) await closer.close()
  await mails.close()
  await database.drop()
  receiver.close()
})

function config() {
  return {
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_TRACES_SAMPLER_ARG: 1,
  }
}
function tracingOf(service: string) {
  return startTracing(config(), { service, pipeline: 'shop' }, silentLogger())
}

/** All but shipping, so that a paid order can still be cancelled. */
async function startStages(): Promise<void> {
  const now = () => new Date()
  const logger = silentLogger()
  const tracing = {
    orders: await tracingOf('orders'),
    inventory: await tracingOf('inventory'),
    payment: await tracingOf('payment'),
    notification: await tracingOf('notification'),
  }
  const charge = traced(createProvider({ url: provider.url, timeoutMs: 30_000 }), tracing.payment)
  const definitions = {
    orders: ordersStage({ now }),
    inventory: inventoryStage({ now }),
    payment: paymentStage(charge, { now }),
    notification: notificationStage({ logger }, mailsBy(tracing.notification)),
  } as const
  for (const name of Object.keys(definitions) as (keyof typeof definitions)[])
    // Each of its own type; only the stage itself uses what it prepares.
    bench.start(
      name,
      consumedTopics[name],
      definitions[name] as Parameters<Bench['start']>[2],
      undefined,
      tracing[name],
    )
}
async function startShipping(): Promise<void> {
  const definition = shippingStage({ now: () => new Date() })
  bench.start('shipping', consumedTopics.shipping, definition, undefined, await tracingOf('shipping'))
}
function mailsBy(tracing: Tracing | undefined) {
  const options = mailConfig({ SMTP_URL: mails.url, MAIL_FROM: 'shop@shop.example', MAIL_CHECK_SECONDS: '0.1' })
  if (!options) throw new Error('no mails')
  return mailing(options, { now: () => new Date(), logger: silentLogger(), registry: createRegistry(), tracing })
}
function startTracedGateway(env: Readonly<Record<string, string>> = {}): Promise<Gateway> {
  return startGateway(
    gatewayConfig({
      AUTH: 'none',
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: database.url,
      KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
      KAFKA_TOPIC_PREFIX: bench.prefix,
      ORDERPIPELINE_PIPELINE: 'shop',
      RELAY_TAKE_OVER_SECONDS: '0.1',
      DRAIN_LINGER_SECONDS: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      ...env,
    }),
    silentLogger(),
  )
}

/**
 * An order that is paid, then cancelled by its customer; and one that ships. Each request has a
 * caller's trace.
 */
const traces = {
  calledBack: { traceId: '0af7651916cd43dd8448eb211c80319a', caller: 'b7ad6b716920333a' },
  cancellation: { traceId: '0af7651916cd43dd8448eb211c80319b', caller: 'b7ad6b716920333b' },
  shipped: { traceId: '0af7651916cd43dd8448eb211c80319c', caller: 'b7ad6b716920333c' },
}
type Trace = (typeof traces)[keyof typeof traces]
function headers({ traceId, caller }: Trace) {
  return { traceparent: `00-${traceId}-${caller}-01` }
}
function mail(orderId: string, status: string) {
  return `<${orderId}.${status}@shop.example>`
}
function mailed(messageId: string) {
  return until(() => mails.received.some((one) => one.messageId === messageId))
}
let orders: { readonly calledBack: string; readonly shipped: string }
/** As the gateway answers it. */
let shownTraceId: string | undefined

beforeAll(async () => {
  await startStages()
  const gateway = await startTracedGateway({ TRACE_TRUSTED_PEERS: '127.0.0.1' })
  const place = async (trace: Trace): Promise<string> => {
    const response = await fetch(`${gateway.url}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers(trace) },
      body: JSON.stringify({ customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }),
    })
    expect(response.status).toBe(202)
    return ((await response.json()) as { orderId: string }).orderId
  }
  const calledBack = await place(traces.calledBack)
  await mailed(mail(calledBack, 'confirmed'))
  const cancellation = { method: 'DELETE', headers: headers(traces.cancellation) }
  expect((await fetch(`${gateway.url}/v1/orders/${calledBack}`, cancellation)).status).toBe(200)
  await mailed(mail(calledBack, 'cancelled'))
  await startShipping()
  const shipped = await place(traces.shipped)
  await mailed(mail(shipped, 'shipped'))
  const dispatched = `SELECT FROM shipments WHERE order_id = $1 AND status = 'DISPATCHED'`
  await until(async () => (await database.ask('shipping', dispatched, [shipped])).length === 1)
  for (const [stage, topics] of Object.entries(consumedTopics))
    for (const topic of topics) await until(async () => (await bench.lag(stage, topic)) === 0)
  orders = { calledBack, shipped }
  const orderAnswer = await fetch(`${gateway.url}/v1/orders/${shipped}`)
  shownTraceId = ((await orderAnswer.json()) as { traceId?: string }).traceId
  await bench.close()
  for (const closer of gateway.closers) await closer.close()
  // The provider continues, and sends its spans when it likes.
  await until(() => stepsOf(traces.shipped).has('payment-provider: POST /v1/charges'))
  await until(() => stepsOf(traces.cancellation).has('payment-provider: POST /v1/refunds'))
}, 300_000)

function spansOf({ traceId }: Trace): Span[] {
  return receiver.spans.filter((span) => span.traceId === traceId)
}
function step({ service, name }: Span): string {
  return `${service}: ${name.replace(bench.prefix, '')}`
}
function stepsOf(trace: Trace): Set<string> {
  return new Set(spansOf(trace).map(step))
}
/** The parent of the step's span. */
function above(trace: Trace, name: string): string | undefined {
  const spans = spansOf(trace)
  const span = spans.find((one) => step(one) === name)
  const parent = spans.find(({ spanId }) => spanId === span?.parentSpanId)
  return parent && step(parent)
}
/**
 * Every span has a parent in the trace, and the first one the caller's; all carry the id of the one
 * order, and none began earlier.
 */
function expectWhole(trace: Trace, root: string, orderId: string): void {
  const spans = spansOf(trace)
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const roots = spans.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''))
  expect(roots.map((span) => [step(span), span.parentSpanId])).toEqual([[root, trace.caller]])
  for (const span of spans.filter(({ kind }) => kind === consumer))
    expect(attribute(span, 'orderpipeline.order.id')).toBe(orderId)
  for (const span of spans) expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true)
}
function mailsIn(trace: Trace) {
  return spansOf(trace)
    .filter(({ name }) => name === 'order mail deliver')
    .map((span) => attribute(span, 'orderpipeline.mail.id'))
}

test('the view of an order has the id of its trace', () => {
  expect(shownTraceId).toBe(traces.shipped.traceId)
})

test('one order is one linked trace from the gateway to its parcel', () => {
  const trace = traces.shipped
  const steps = stepsOf(trace)
  for (const expected of [
    'gateway: POST /v1/orders',
    'gateway: orders.placed publish',
    'orders: orders.placed process',
    'inventory: orders.validated process',
    'payment: inventory.updated process',
    'payment: POST /v1/charges',
    'payment-provider: POST /v1/charges',
    'orders: payment.processed process',
    'inventory: orders.fulfilment process',
    'shipping: orders.fulfilment process',
    'orders: shipping.updated process',
    'notification: orders.status process',
    'notification: order mail deliver',
  ])
    expect(steps).toContain(expected)
  expect(above(trace, 'payment: POST /v1/charges')).toBe('payment: inventory.updated process')
  expect(above(trace, 'payment-provider: POST /v1/charges')).toBe('payment: POST /v1/charges')
  expect(above(trace, 'orders: shipping.updated process')).toBe('shipping: orders.fulfilment process')
  expect(above(trace, 'notification: order mail deliver')).toBe('notification: orders.status process')
  // The shipment is prepared when the order is confirmed, and dispatched by the answer of the
  // orders service.
  const shipping = spansOf(trace).filter((span) => step(span) === 'shipping: orders.fulfilment process')
  expect(shipping.map((span) => attribute(span, 'orderpipeline.event')).sort()).toEqual([
    'OrderConfirmed',
    'OrderShipped',
  ])
  expect(mailsIn(trace)).toEqual(
    expect.arrayContaining(['confirmed', 'shipped'].map((status) => mail(orders.shipped, status))),
  )
  expectWhole(trace, 'gateway: POST /v1/orders', orders.shipped)
})

test('cancelling a paid order is one trace over stock, refund, shipment and mail', async () => {
  const trace = traces.cancellation
  const steps = stepsOf(trace)
  for (const expected of [
    'gateway: DELETE /v1/orders/:id',
    'gateway: orders.cancelled publish',
    'inventory: orders.cancelled process',
    'payment: orders.cancelled process',
    'payment: POST /v1/refunds',
    'payment-provider: POST /v1/refunds',
    'shipping: orders.cancelled process',
    'notification: orders.status process',
    'notification: order mail deliver',
  ])
    expect(steps).toContain(expected)
  expect(above(trace, 'payment: POST /v1/refunds')).toBe('payment: orders.cancelled process')
  expect(above(trace, 'payment-provider: POST /v1/refunds')).toBe('payment: POST /v1/refunds')
  expect(mailsIn(trace)).toEqual([mail(orders.calledBack, 'cancelled')])
  expectWhole(trace, 'gateway: DELETE /v1/orders/:id', orders.calledBack)
  // The events of the refund carry the trace on, to any consumer.
  const refundEvent = (await bench.events('payment.processed')).find(({ type }) => type === 'PaymentRefunded')
  expect(refundEvent?.traceparent).toContain(trace.traceId)
  // The order itself reached its payment in the trace of the request that placed it, and stayed
  // there.
  expect(stepsOf(traces.calledBack)).toContain('payment-provider: POST /v1/charges')
  expectWhole(traces.calledBack, 'gateway: POST /v1/orders', orders.calledBack)
})

test('an untrusted caller’s order has its own trace linked to the caller’s', async () => {
  const gateway = await startTracedGateway()
  const trace = { traceId: '0af7651916cd43dd8448eb211c80319d', caller: 'b7ad6b716920333d' }
  const response = await fetch(`${gateway.url}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers(trace) },
    body: JSON.stringify({ customerId: 'customer-2', items: [{ sku: 'SKU-0001', quantity: 1 }] }),
  })
  expect(response.status).toBe(202)
  const { orderId } = (await response.json()) as { orderId: string }
  const outboxIsEmpty = async () => (await database.ask('orders', 'SELECT FROM intake_outbox')).length === 0
  await until(outboxIsEmpty)
  for (const closer of gateway.closers) await closer.close()
  expect(spansOf(trace)).toEqual([])
  const [request, ...more] = receiver.spans.filter(({ links = [] }) =>
    links.some(({ spanId }) => spanId === trace.caller),
  )
  expect(more).toEqual([])
  expect(request).toMatchObject({ name: 'POST /v1/orders', links: [{ traceId: trace.traceId, spanId: trace.caller }] })
  expect(request?.parentSpanId ?? '').toBe('')
  const placedEvent = (await bench.events('orders.placed')).find(({ data }) => data.orderId === orderId)
  expect(placedEvent?.traceparent).toContain(request?.traceId)
})

test('a dead letter is a failed span', async () => {
  const definition = {
    role: 'notification',
    handles: ['OrderStatusChanged'],
    apply: () => Promise.reject(Object.assign(new Error('no such template'), { retry: false })),
  } as const
  const own = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: ['orders.status', 'notification.dead-letters'],
  })
  const replica = own.start('notification', ['orders.status'], definition, undefined, await tracingOf('mail'))
  const data = { orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'c', status: 'CONFIRMED' }
  const envelope = { specversion: '1.0', id: data.orderId, source: '/t', time: '2026-01-02T03:04:05Z', data }
  const value = JSON.stringify({ ...envelope, type: 'dev.orderpipeline.orders.status-changed.v1' })
  await own.publishRaw([{ topic: 'orders.status', key: 'c', value, headers: {} }])
  await until(async () => (await own.records('notification.dead-letters')).length === 1)
  await replica.drain()
  await own.close()
  const failed = receiver.spans.filter(({ service }) => service === 'mail')
  expect(failed.map(({ status }) => status?.code)).toEqual([2])
})

test('without an address nothing is traced and OpenTelemetry is not loaded', async () => {
  expect(await startTracing({ OTEL_TRACES_SAMPLER_ARG: 1 }, { service: 's', pipeline: 'p' }, silentLogger())).toBe(
    undefined,
  )
})
