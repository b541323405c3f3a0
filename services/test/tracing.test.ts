// Is one order one trace, from its request through outbox, relay and every Kafka hop to the notification? Told by what a receiver of
// OTLP over HTTP gets, from real services on a real Kafka and a real database.
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { configOf as gatewayConfig, startGateway, type Gateway } from '@orderpipeline/gateway'
import { inventoryStage } from '@orderpipeline/inventory'
import { stageBench, testDatabase, until } from '@orderpipeline/kit-stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/kit-stage/testing'
import { silentLogger, startTracing } from '@orderpipeline/kit-telemetry'
import { notificationStage } from '@orderpipeline/notification'
import { ordersStage } from '@orderpipeline/orders'
import { createProvider, paymentStage } from '@orderpipeline/payment'
import { configOf, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'

interface Span {
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status?: { readonly code?: number }
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] }
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'service'>[] }[]
  }[]
}

let database: TestDatabase
let bench: Bench
let provider: PaymentProvider
let receiver: Server
const spans: Span[] = []
const attribute = (of: Pick<Span, 'attributes'>, key: string) =>
  of.attributes.find((one) => one.key === key)?.value.stringValue

beforeAll(async () => {
  receiver = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      for (const { resource, scopeSpans } of (JSON.parse(text.toString()) as Sent).resourceSpans)
        for (const { spans: of } of scopeSpans)
          spans.push(...of.map((span) => ({ ...span, service: attribute(resource, 'service.name') ?? '' })))
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0)
  await once(receiver, 'listening')
  database = await testDatabase(postgresUrl(), { seedProducts: 10 })
  const stages = ['orders', 'inventory', 'payment', 'notification']
  const topics = ['placed', 'validated', 'cancelled', 'status', 'fulfilment'].map((name) => `orders.${name}`)
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: [...topics, 'inventory.updated', 'payment.processed', ...stages.map((stage) => `${stage}.dead-letters`)],
  })
  provider = await startPaymentProvider(
    configOf({ HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: database.url, PROVIDER_LATENCY_MS: '5' }),
    silentLogger(),
  )
})
afterAll(async () => {
  await bench.close()
  for (const closer of provider.closers) await closer.close()
  await database.drop()
  receiver.close()
})

const config = () => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
  OTEL_TRACES_SAMPLER_ARG: 1,
})
const tracingOf = (service: string) => startTracing(config(), { service, pipeline: 'shop' }, silentLogger())

async function startStages(): Promise<void> {
  const now = () => new Date()
  const charge = createProvider({ url: provider.url, timeoutMs: 5_000 })
  const definitions = {
    orders: [['orders.placed', 'inventory.updated', 'payment.processed'], ordersStage({ now })],
    inventory: [['orders.validated', 'orders.cancelled'], inventoryStage({ now })],
    payment: [['inventory.updated'], paymentStage(charge, { now })],
    notification: [['orders.status'], notificationStage({ logger: silentLogger() })],
  } as const
  for (const name of Object.keys(definitions) as (keyof typeof definitions)[]) {
    const [consumes, definition] = definitions[name]
    // Each of its own type; what they prepare is their own affair.
    bench.start(name, consumes, definition as Parameters<Bench['start']>[2], undefined, await tracingOf(name))
  }
}
const startTracedGateway = (): Promise<Gateway> =>
  startGateway(
    gatewayConfig({
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: database.url,
      KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
      KAFKA_TOPIC_PREFIX: bench.prefix,
      ORDERPIPELINE_PIPELINE: 'shop',
      RELAY_TAKE_OVER_SECONDS: '0.1',
      DRAIN_LINGER_SECONDS: '0',
      OTEL_EXPORTER_OTLP_ENDPOINT: config().OTEL_EXPORTER_OTLP_ENDPOINT,
    }),
    silentLogger(),
  )

test('one order is one trace of the caller, whole and linked, through gateway, relay and every stage', async () => {
  await startStages()
  const gateway = await startTracedGateway()
  const traceId = '0af7651916cd43dd8448eb211c80319c'
  const caller = 'b7ad6b7169203331'
  const response = await fetch(`${gateway.url}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', traceparent: `00-${traceId}-${caller}-01` },
    body: JSON.stringify({ customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }),
  })
  expect(response.status).toBe(202)
  const { orderId } = (await response.json()) as { orderId: string }
  const told = `SELECT status FROM notifications WHERE order_id = $1 AND status = 'CONFIRMED'`
  await until(async () => (await database.ask('notification', told, [orderId])).length === 1)
  await bench.close()
  for (const closer of gateway.closers) await closer.close()

  const trace = spans.filter((span) => span.traceId === traceId)
  const prefix = bench.prefix
  const steps = new Set(trace.map(({ service, name }) => `${service}: ${name.replace(prefix, '')}`))
  for (const step of [
    'gateway: POST /v1/orders',
    'gateway: orders.placed publish',
    'orders: orders.placed process',
    'inventory: orders.validated process',
    'payment: inventory.updated process',
    'orders: payment.processed process',
    'notification: orders.status process',
  ])
    expect(steps).toContain(step)
  // Every span hangs on another of the trace, and the first on the caller's.
  const ids = new Set(trace.map(({ spanId }) => spanId))
  const roots = trace.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''))
  expect(roots.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([['POST /v1/orders', caller]])
  const stageSpans = trace.filter(({ service }) => service !== 'gateway')
  for (const span of stageSpans) expect(attribute(span, 'orderpipeline.order.id')).toBe(orderId)
  for (const span of trace) expect(BigInt(span.endTimeUnixNano) >= BigInt(span.startTimeUnixNano)).toBe(true)
})

test('what a stage gives up on is a failed span', async () => {
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
  const failed = spans.filter(({ service }) => service === 'mail')
  expect(failed.map(({ status }) => status?.code)).toEqual([2])
})

test('without an address nothing is traced and OpenTelemetry is not loaded', async () => {
  expect(await startTracing({ OTEL_TRACES_SAMPLER_ARG: 1 }, { service: 's', pipeline: 'p' }, silentLogger())).toBe(
    undefined,
  )
})
