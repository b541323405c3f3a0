// Does everything that was accepted survive, when the database becomes unavailable and when
// gateways are killed or stopped by SIGTERM?
import { spawn } from 'node:child_process'
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import {
  inProcessHost,
  kafkaBootstrap,
  persistedPorts,
  postgresUrl,
  startPostgres,
} from '@orderpipeline/cluster/testing'
import { withDeadline } from '@orderpipeline/retry'
import { eventually } from '@orderpipeline/retry/testing'
import { stageBench, testDatabase, testLogger, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { runTraffic } from '@orderpipeline/traffic'
import type { Load, LoadProgress } from '@orderpipeline/traffic'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { gatewayConfig, startGateway } from '../src/index.ts'

let bench: Bench
let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: ['orders.placed'],
  })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

function environment(databaseUrl: string) {
  return {
    AUTH: 'none',
    HTTP_PORT: '0',
    METRICS_PORT: '0',
    DATABASE_URL: databaseUrl,
    KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(),
    KAFKA_TOPIC_PREFIX: bench.prefix,
    RELAY_TAKE_OVER_SECONDS: '0.2',
    RELAY_POLL_SECONDS: '0.5',
    DRAIN_LINGER_SECONDS: '0.3',
  }
}
const order = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }
function post(url: string) {
  return fetch(`${url}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
    signal: AbortSignal.timeout(20_000),
  })
}

test('answers 503 with Retry-After without the database, and then recovers', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-gateway-'))
  await chmod(dir, 0o711)
  const host = inProcessHost(join(dir, 'processes'))
  const port = await persistedPorts(join(dir, 'ports.json')).port('postgres')
  // Durable: one for tests forgets, when it is killed, what it has just committed, the products
  // among it.
  const start = () => startPostgres(host, { dir: join(dir, 'postgres'), port, sizing: 'dev' })
  const { adminUrl } = await start()
  const own = await testDatabase(adminUrl)
  const gateway = await startGateway(gatewayConfig(environment(own.url)), testLogger())
  try {
    expect((await post(gateway.url)).status).toBe(202)
    await host.stop('postgres', { signal: 'SIGKILL' })
    await eventually('an order is refused with 503', async () => (await post(gateway.url)).status === 503)
    const refusal = await post(gateway.url)
    expect(refusal.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    expect(await refusal.json()).toMatchObject({ title: 'Service Unavailable', status: 503 })
    expect((await fetch(`${gateway.url}/v1/orders/01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f`)).status).toBe(503)
    expect((await fetch(`${gateway.metricsUrl}/readyz`)).status).toBe(200)
    await start()
    await eventually('an order is accepted again', async () => (await post(gateway.url)).status === 202)
    await eventually('it relays again', () => gateway.relaying())
  } finally {
    for (const closer of gateway.closers)
      await withDeadline(30_000, `closing ${closer.name}`, Promise.resolve(closer.close()))
    await withDeadline(30_000, 'stopping PostgreSQL', host.close())
    await rm(dir, { recursive: true, force: true })
  }
})

interface GatewayProcess {
  readonly child: ChildProcess
  readonly url: string
  readonly metricsUrl: string
}

/** The real program, in a process of its own. */
async function gatewayProcess(): Promise<GatewayProcess> {
  const child = spawn(process.execPath, [join(import.meta.dirname, '../src/main.ts')], {
    env: { ...environment(database.url), PATH: '' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const { url, metrics } = JSON.parse(line) as { url?: string; metrics?: string }
    if (url === undefined || metrics === undefined) continue
    child.stdout.resume()
    return { child, url, metricsUrl: metrics }
  }
  throw new Error('the gateway ended before it took orders')
}
async function metricValue({ metricsUrl }: GatewayProcess, metric: string): Promise<number> {
  const metrics = await (await fetch(`${metricsUrl}/metrics`)).text()
  return Number(new RegExp(`^${metric} (.*)$`, 'm').exec(metrics)?.[1])
}
async function relays(gateway: GatewayProcess) {
  return (await metricValue(gateway, 'outbox_relay_leader')) === 1
}

async function publishedOrders(): Promise<Set<string>> {
  return new Set((await bench.events('orders.placed')).map(({ data }) => data.orderId))
}

/** A load that goes on until it is stopped, however late what it waits for comes. */
function trafficAt({ url }: GatewayProcess, load: Load, connections: number) {
  const stopping = new AbortController()
  let progress: LoadProgress | undefined
  const onProgress = (latest: LoadProgress) => void (progress = latest)
  return {
    result: runTraffic({ url, load, connections, signal: stopping.signal, onProgress }),
    acceptedCount: () => progress?.accepted ?? 0,
    errorCodes: () => Object.keys(progress?.errors ?? {}),
    stop: () => stopping.abort(),
  }
}

test('another gateway relays the accepted orders of one killed under load', async () => {
  const [victim, successor] = [await gatewayProcess(), await gatewayProcess()]
  try {
    await until(async () => (await relays(victim)) || (await relays(successor)))
    const [first, second] = (await relays(victim)) ? [victim, successor] : [successor, victim]
    const traffic = trafficAt(first, { burst: 1_000_000 }, 40)
    onTestFinished(() => traffic.stop())
    await until(async () => (await metricValue(first, 'outbox_published_total')) > 0, 20)
    first.child.kill('SIGKILL')
    await until(() => traffic.errorCodes().length > 0, 20)
    traffic.stop()
    const { acceptedIds } = await traffic.result
    expect(acceptedIds.length).toBeGreaterThan(0)
    await until(() => relays(second))
    await until(async () => {
      const publishedIds = await publishedOrders()
      return acceptedIds.every((orderId) => publishedIds.has(orderId))
    }, 300)
  } finally {
    for (const { child } of [victim, successor]) child.kill('SIGKILL')
  }
})

test('a gateway that shuts down under load answers all orders and exits cleanly', async () => {
  const storedCount = async () =>
    (await database.ask<{ id: string }>('orders', 'SELECT order_id AS id FROM orders')).length
  const before = await storedCount()
  const gateway = await gatewayProcess()
  const traffic = trafficAt(gateway, { perSecond: 200, durationMs: 3_600_000 }, 20)
  onTestFinished(() => traffic.stop())
  await until(() => traffic.acceptedCount() > 100, 20)
  const exit = once(gateway.child, 'exit')
  gateway.child.kill('SIGTERM')
  expect(await exit).toEqual([0, null])
  // A request that came too late found no listener; every accepted order was answered.
  await until(() => traffic.errorCodes().includes('ECONNREFUSED'), 20)
  traffic.stop()
  const { accepted, refused, acceptedIds } = await traffic.result
  expect(refused).toEqual({})
  expect(await storedCount()).toBe(before + accepted)
  const successor = await gatewayProcess()
  try {
    await until(async () => {
      const publishedIds = await publishedOrders()
      return acceptedIds.every((orderId) => publishedIds.has(orderId))
    }, 300)
  } finally {
    successor.child.kill('SIGKILL')
  }
})
