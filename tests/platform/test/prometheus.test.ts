// What does a real Prometheus get of real services? Exemplars that lead to the traces that were
// sent, and values of the metrics that need trouble or a setting, which the shop of the end-to-end
// tests does not have: what names them in a dashboard or an alert is queried here.
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, inProcessHost, startPrometheus } from '@orderpipeline/cluster/testing'
import {
  alertQueries,
  declaredMetrics,
  expressionOf,
  knownLabels,
  operandsOf,
  panelQueries,
  pipelineWithObjectives,
  queriesOfPods,
  servedLabels,
} from '@orderpipeline/monitoring/testing'
import { ordersStage } from '@orderpipeline/orders'
import { createProvider, paymentStage } from '@orderpipeline/payment'
import { silentLogger } from '@orderpipeline/process'
import { consumedTopics, until } from '@orderpipeline/stage/testing'
import { Registry, startMetricsServer, startTracing } from '@orderpipeline/telemetry'
import type { MetricsServer } from '@orderpipeline/telemetry'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPlatform } from '../src/platform.ts'
import type { AnyDefinition } from '../src/shop-definitions.ts'
import type { Platform } from '../src/platform.ts'
import { spanReceiver } from '../src/span-receiver.ts'
import type { SpanReceiver } from '../src/span-receiver.ts'

/** What Grafana fills into the queries, for the pipeline `shop`. */
const variables = { namespace: 'default', pipeline: 'shop', stage: 'payment', __rate_interval: '1m' }

let receiver: SpanReceiver
let platform: Platform
let url: string
let folder: string
let host: ReturnType<typeof inProcessHost>
const servers: MetricsServer[] = []

beforeAll(async () => {
  receiver = await spanReceiver()
  const tracing = { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_TRACES_SAMPLER_ARG: 1 }
  platform = await startPlatform({
    gateway: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      PROMISE_SECONDS: '3600',
      RATE_LIMIT_PER_CUSTOMER: '1000',
    },
  })
  const targets = [{ stage: 'gateway', address: new URL(platform.gateway.metricsUrl).host }]
  const serve = async (stage: string, registry: Registry): Promise<void> => {
    const server = await startMetricsServer({ port: 0, host: '127.0.0.1', registry, ready: () => true })
    servers.push(server)
    targets.push({ stage, address: `127.0.0.1:${server.port}` })
  }
  // In a process of its own a stage has one registry for the two.
  const [ofOrders, ofPayment] = [new Registry(), new Registry()]
  const context = { now: () => new Date() }
  const orders = ordersStage({ ...context, registry: ofOrders }) as AnyDefinition
  const provider = createProvider({ url: platform.provider.url, timeoutMs: 10_000 })
  const payment = paymentStage(provider, { ...context, registry: ofPayment }) as AnyDefinition
  const traced = await startTracing(tracing, { service: 'orders', pipeline: 'shop' }, silentLogger())
  await serve('orders', platform.bench.start('orders', consumedTopics.orders, orders, undefined, traced).registry)
  await serve('orders', ofOrders)
  await serve('payment', platform.bench.start('payment', consumedTopics.payment, payment).registry)
  await serve('payment', ofPayment)
  for (const stage of ['inventory', 'shipping', 'notification'] as const)
    await serve(stage, platform.start(stage).registry)
  folder = await mkdtemp(join(tmpdir(), 'orderpipeline-prometheus-'))
  await chmod(folder, 0o711)
  host = inProcessHost(join(folder, 'processes'))
  url = await startPrometheus(host, {
    dir: join(folder, 'prometheus'),
    port: await freePort(),
    config: configOf(targets),
  })
}, 300_000)
afterAll(async () => {
  await host.close()
  for (const server of servers) await server.close()
  await platform.close()
  receiver.close()
  await rm(folder, { recursive: true, force: true })
})

function configOf(targets: readonly { readonly stage: string; readonly address: string }[]): string {
  const labels = (stage: string) => ({
    ...{ namespace: 'default', pod: `${stage}-1` },
    ...{ orderpipeline_dev_pipeline: 'shop', orderpipeline_dev_stage: stage },
  })
  // JSON is YAML.
  return JSON.stringify({
    global: { scrape_interval: '1s', scrape_timeout: '1s' },
    scrape_configs: [
      {
        job_name: 'orderpipeline-pipelines',
        static_configs: targets.map(({ stage, address }) => ({ targets: [address], labels: labels(stage) })),
      },
    ],
  })
}

async function ask<T>(path: string, query: Readonly<Record<string, string>>): Promise<T> {
  const target = `${url}/api/v1/${path}?${new URLSearchParams(query).toString()}`
  const answer = await fetch(target, { signal: AbortSignal.timeout(10_000) })
  return ((await answer.json()) as { readonly data: T }).data
}
async function samples(query: string): Promise<number> {
  return (await ask<{ readonly result: readonly unknown[] }>('query', { query })).result.length
}

async function place(): Promise<string> {
  const answer = await fetch(`${platform.gateway.url}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ customerId: 'ada', items: [{ sku: 'SKU-0001', quantity: 1 }] }),
    signal: AbortSignal.timeout(30_000),
  })
  expect(answer.status).toBe(202)
  return ((await answer.json()) as { readonly orderId: string }).orderId
}

test('buckets of requests, of stages and of whole orders lead to traces that were sent', async () => {
  for (let count = 0; count < 3; count++) await place()
  const exemplarsOf = async (query: string): Promise<readonly string[]> => {
    const range = { start: String(Date.now() / 1_000 - 600), end: String(Date.now() / 1_000 + 60) }
    const series = await ask<
      readonly { readonly exemplars: readonly { readonly labels: { readonly trace_id: string } }[] }[]
    >('query_exemplars', { query, ...range })
    return series.flatMap(({ exemplars }) => exemplars.map(({ labels }) => labels.trace_id))
  }
  for (const histogram of [
    'http_request_duration_seconds',
    'orderpipeline_stage_processing_seconds',
    'orders_processing_seconds',
  ]) {
    const query = `${histogram}_bucket{namespace="default"}`
    await until(async () => (await exemplarsOf(query)).length > 0)
    const traceIds = () => new Set(receiver.spans.map(({ traceId }) => traceId))
    await until(async () => (await exemplarsOf(query)).every((id) => traceIds().has(id)))
  }
})

/** By what makes them: see above. */
const madeHere = [
  'gateway_expected_wait_seconds',
  'gateway_orders_shed_total',
  'gateway_rate_limit_shared',
  'orderpipeline_stage_dead_letters_total',
  'payment_owed_cents',
] as const

test('every query of a dashboard that needs trouble or a setting has data when it is there', async () => {
  await platform.bench.publishRaw([{ topic: 'orders.validated', key: 'k', value: 'no event', headers: {} }])
  await platform.database.ask(
    'payment',
    `INSERT INTO refunds_due (order_id, charge_id, customer_id, reason, due_at)
     VALUES (gen_random_uuid(), '', 'ada', 'GIVEN_UP', now() + interval '1 day')`,
  )
  for (const metric of madeHere) await until(async () => (await samples(metric)) > 0)
  const operands = panelQueries(variables)
    .filter(({ expr }) => madeHere.some((metric) => expr.includes(metric)))
    // Without what stands in where there is no series, so that the series itself is needed.
    .flatMap(({ expr }) => operandsOf(expressionOf(expr)))
  expect(operands.length).toBeGreaterThan(2)
  for (const { text } of operands) await until(async () => (await samples(text)) > 0)
})

/** Metrics that have no series here, by what they need. */
const notMadeHere: Readonly<Record<string, string>> = {
  carrier_calls_total: 'a carrier',
  inventory_stock_events_total: 'the publisher of stock levels',
  mails_total: 'the registry of the mails',
  orderpipeline_stage_retries_total: 'a retry',
  orderpipeline_stage_waiting: 'weights of the classes of orders',
  orders_hold_decisions_total: 'a held order',
  payment_breaker_open: 'the breaker before the provider',
  payment_differences_open: 'the comparison with the provider',
  payment_disputes: 'the books of disputes',
  payment_provider_seconds_bucket: 'the registry of the calls to the provider',
  payment_reconciled_age_seconds: 'the comparison with the provider',
  shipping_parcels_total: 'a carrier',
}

test('the services expose what the operands of the dashboards and alerts name, with its labels', async () => {
  const declared = declaredMetrics()
  const queries = queriesOfPods([...panelQueries(variables), ...alertQueries()], declared)
  const seriesOf = (metric: string) =>
    ask<readonly Readonly<Record<string, string>>[]>('series', {
      ...{ 'match[]': metric, start: String(Date.now() / 1_000 - 300), end: String(Date.now() / 1_000 + 60) },
    })
  const compare = () => servedLabels(queries, seriesOf, knownLabels(pipelineWithObjectives))
  await until(async () => (await compare()).absent.every((metric) => metric in notMadeHere))
  const { problems, compared } = await compare()
  expect(problems).toEqual([])
  expect(compared.length).toBeGreaterThan(30)
})
