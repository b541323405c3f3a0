// Does the order platform work through a real PgBouncer in transaction mode, whose few connections
// to the server all its services share?
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  inProcessHost,
  kafkaBootstrap,
  persistedPorts,
  postgresUrl,
  startPgbouncer,
} from '@orderpipeline/cluster/testing'
import { gatewayConfig, startGateway } from '@orderpipeline/gateway'
import type { Gateway } from '@orderpipeline/gateway'
import { createPool } from '@orderpipeline/postgres'
import { shopStages, shopTopics, stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createProvider } from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { startShopStages } from '../src/shop-definitions.ts'

/** The stages that decide about an order; no customer is notified here. */
const stages = shopStages.filter((stage) => stage !== 'notification')
const serverConnections = 2

let dir: string
let host: ReturnType<typeof inProcessHost>
let database: TestDatabase
let pooledUrl: string
let provider: PaymentProvider
let bench: Bench
let gateway: Gateway
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-pooler-'))
  await chmod(dir, 0o711)
  host = inProcessHost(join(dir, 'processes'))
  database = await testDatabase(postgresUrl(), { seedProducts: 5, seedStockQuantity: 1_000 })
  const port = await persistedPorts(join(dir, 'ports.json')).port('pgbouncer')
  pooledUrl = await startPgbouncer(host, {
    dir: join(dir, 'pgbouncer'),
    port,
    upstream: database.url,
    serverConnections,
  })
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: pooledUrl,
    topics: [...shopTopics, ...stages.map((stage) => `${stage}.dead-letters`)],
  })
  const pooled = { DATABASE_URL: pooledUrl, DATABASE_POOLER: 'transaction' as const }
  const ports = { HTTP_PORT: '0', METRICS_PORT: '0' }
  provider = await startPaymentProvider(providerConfig({ ...pooled, ...ports }), silentLogger())
  gateway = await startGateway(
    gatewayConfig({
      ...{ ...pooled, ...ports, DATABASE_SESSION_URL: database.url },
      ...{ KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap(), KAFKA_TOPIC_PREFIX: bench.prefix },
      ...{ AUTH: 'none', SYNC_MAX_WAIT_SECONDS: '0', DRAIN_LINGER_SECONDS: '0' },
    }),
    silentLogger(),
  )
  const charge = createProvider({ url: provider.url, timeoutMs: 5_000 })
  startShopStages(bench, { provider: charge }, pooled, stages)
}, 300_000)
afterAll(async () => {
  for (const closer of gateway.closers) await closer.close()
  await bench.close()
  for (const closer of provider.closers) await closer.close()
  await host.close()
  await database.drop()
  await rm(dir, { recursive: true, force: true })
}, 120_000)

test('orders complete, and every service stays in its role and schema', async () => {
  const place = async (n: number): Promise<number> => {
    const response = await fetch(`${gateway.url}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerId: `customer-${n % 7}`, items: [{ sku: 'SKU-0001', quantity: 1 }] }),
    })
    await response.arrayBuffer()
    return response.status
  }
  const answers = await Promise.all(Array.from({ length: 60 }, (_, n) => place(n)))
  expect(answers.filter((status) => status !== 202)).toEqual([])
  const counts = () => database.ask('orders', 'SELECT status, count(*) FROM orders GROUP BY status')
  await until(async () => JSON.stringify(await counts()) === JSON.stringify([{ status: 'SHIPPED', count: 60 }]), 200)
  for (const stage of stages) expect(await bench.records(`${stage}.dead-letters`)).toEqual([])
  expect(await database.ask('inventory', `SELECT available FROM stock WHERE sku = 'SKU-0001'`)).toEqual([
    { available: 940 },
  ])
}, 120_000)

test('roles and time-outs hold for one transaction with shared connections', async () => {
  const ask = { name: 'who', text: `SELECT current_user AS role, current_setting('statement_timeout') AS timeout` }
  const pools = ['orders', 'payment', 'shipping'].map((role, n) => ({
    role,
    timeout: `${n + 1}s`,
    pool: createPool({ url: pooledUrl, role, size: 2, pooled: true, statementTimeoutMs: (n + 1) * 1_000 }),
  }))
  const rounds = Array.from({ length: 40 }, () => pools).flat()
  const answers = await Promise.all(
    rounds.map(({ pool }, n) => (n % 2 === 0 ? pool.query(ask) : pool.transaction((tx) => tx.query(ask)))),
  )
  expect(answers.flat()).toEqual(rounds.map(({ role, timeout }) => ({ role, timeout })))
  const [payment] = pools.filter(({ role }) => role === 'payment')
  await expect(payment?.pool.query({ name: '', text: 'SELECT FROM orders' })).rejects.toMatchObject({ code: '42P01' })
  await Promise.all(pools.map(({ pool }) => pool.close()))
})

test('refuses to start behind an undeclared pooler', async () => {
  const plain = createPool({ url: pooledUrl, role: 'orders', size: 1 })
  await expect(plain.query({ name: '', text: 'SELECT 1' })).rejects.toMatchObject({ outage: true })
  await plain.close()
})
