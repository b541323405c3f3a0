// Is one order one trace, from its request through outbox, relay and every Kafka hop to the payment provider and to the mail? Told by what a
// receiver of OTLP over HTTP gets, from real services on a real Kafka and a real database, and a real mail server.
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
import { createRegistry, silentLogger, startTracing, type Tracing } from '@orderpipeline/kit-telemetry'
import { mailing, mailOptions, notificationStage } from '@orderpipeline/notification'
import { ordersStage } from '@orderpipeline/orders'
import { createProvider, paymentStage, traced } from '@orderpipeline/payment'
import { configOf, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { mailServer, type MailServer } from '../notification/test/mail-server.ts'

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

/** Of OTLP's kinds of span. */
const consumer = 5

let database: TestDatabase
let bench: Bench
let provider: PaymentProvider
let receiver: Server
let mails: MailServer
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
    configOf({
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      DATABASE_URL: database.url,
      PROVIDER_LATENCY_MS: '5',
      OTEL_EXPORTER_OTLP_ENDPOINT: config().OTEL_EXPORTER_OTLP_ENDPOINT,
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

const config = () => ({
  OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}`,
  OTEL_TRACES_SAMPLER_ARG: 1,
})
const tracingOf = (service: string) => startTracing(config(), { service, pipeline: 'shop' }, silentLogger())

async function startStages(): Promise<void> {
  const now = () => new Date()
  const logger = silentLogger()
  const tracing = {
    orders: await tracingOf('orders'),
    inventory: await tracingOf('inventory'),
    payment: await tracingOf('payment'),
    notification: await tracingOf('notification'),
  }
  const charge = traced(createProvider({ url: provider.url, timeoutMs: 5_000 }), tracing.payment)
  const definitions = {
    orders: [['orders.placed', 'inventory.updated', 'payment.processed'], ordersStage({ now })],
    inventory: [['orders.validated', 'orders.cancelled'], inventoryStage({ now })],
    payment: [['inventory.updated'], paymentStage(charge, { now })],
    notification: [['orders.status'], notificationStage({ logger }, mailsBy(tracing.notification))],
  } as const
  for (const name of Object.keys(definitions) as (keyof typeof definitions)[]) {
    const [consumes, definition] = definitions[name]
    // Each of its own type; what they prepare is their own affair.
    bench.start(name, consumes, definition as Parameters<Bench['start']>[2], undefined, tracing[name])
  }
}
function mailsBy(tracing: Tracing | undefined) {
  const options = mailOptions({ SMTP_URL: mails.url, MAIL_FROM: 'shop@shop.example', MAIL_CHECK_SECONDS: '0.1' })
  if (!options) throw new Error('no mails')
  return mailing(options, { logger: silentLogger(), registry: createRegistry(), tracing })
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
  const confirmation = `<${orderId}.confirmed@shop.example>`
  await until(() => Promise.resolve(mails.received.some(({ messageId }) => messageId === confirmation)))
  await bench.close()
  for (const closer of gateway.closers) await closer.close()
  await until(() =>
    Promise.resolve(spans.some((span) => span.service === 'payment-provider' && span.traceId === traceId)),
  )

  const trace = spans.filter((span) => span.traceId === traceId)
  const prefix = bench.prefix
  const steps = new Set(trace.map(({ service, name }) => `${service}: ${name.replace(prefix, '')}`))
  for (const step of [
    'gateway: POST /v1/orders',
    'gateway: orders.placed publish',
    'orders: orders.placed process',
    'inventory: orders.validated process',
    'payment: inventory.updated process',
    'payment: POST /v1/charges',
    'payment-provider: POST /v1/charges',
    'orders: payment.processed process',
    'notification: orders.status process',
    'notification: order mail deliver',
  ])
    expect(steps).toContain(step)
  const madeBy = (service: string, name: string) => {
    const span = trace.find((one) => one.service === service && one.name === name)
    const parent = trace.find(({ spanId }) => spanId === span?.parentSpanId)
    return parent && `${parent.service}: ${parent.name.replace(prefix, '')}`
  }
  expect(madeBy('payment', 'POST /v1/charges')).toBe('payment: inventory.updated process')
  expect(madeBy('payment-provider', 'POST /v1/charges')).toBe('payment: POST /v1/charges')
  expect(madeBy('notification', 'order mail deliver')).toBe('notification: orders.status process')
  const mailSpans = trace.filter(({ name }) => name === 'order mail deliver')
  expect(mailSpans.map((span) => attribute(span, 'orderpipeline.mail.id'))).toContain(confirmation)
  // Every span hangs on another of the trace, and the first on the caller's.
  const ids = new Set(trace.map(({ spanId }) => spanId))
  const roots = trace.filter(({ parentSpanId }) => !ids.has(parentSpanId ?? ''))
  expect(roots.map(({ name, parentSpanId }) => [name, parentSpanId])).toEqual([['POST /v1/orders', caller]])
  const stageSpans = trace.filter(({ kind }) => kind === consumer)
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
