// Does the order platform work through a real PgBouncer in transaction mode, whose few connections
// to the server all its services share?
import { spawn } from 'node:child_process'
import { once } from 'node:events'
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
import { createPool, openSession } from '@orderpipeline/postgres'
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
let droppingUrl: string
let provider: PaymentProvider
let bench: Bench
let gateway: Gateway
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-pooler-'))
  await chmod(dir, 0o711)
  host = inProcessHost(join(dir, 'processes'))
  database = await testDatabase(postgresUrl(), { seedProducts: 5, seedStockQuantity: 1_000 })
  const ports = persistedPorts(join(dir, 'ports.json'))
  const pooler = { upstream: database.url, serverConnections }
  pooledUrl = await startPgbouncer(host, {
    ...pooler,
    dir: join(dir, 'pgbouncer'),
    port: await ports.port('pgbouncer'),
  })
  droppingUrl = await startPgbouncer(host, {
    ...pooler,
    dir: join(dir, 'pgbouncer-dropping'),
    port: await ports.port('pgbouncer-dropping'),
    ignoredParameters: ['options', 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'],
  })
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: pooledUrl,
    topics: [...shopTopics, ...stages.map((stage) => `${stage}.dead-letters`)],
  })
  const pooled = { DATABASE_URL: pooledUrl, DATABASE_POOLER: 'transaction' as const }
  const anyPort = { HTTP_PORT: '0', METRICS_PORT: '0' }
  provider = await startPaymentProvider(providerConfig({ ...pooled, ...anyPort }), silentLogger())
  gateway = await startGateway(
    gatewayConfig({
      ...{ ...pooled, ...anyPort, DATABASE_SESSION_URL: database.url },
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
})

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
})

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

const services = ['gateway', 'notification']
const startUp = [
  { manner: 'refuses start-up parameters', url: () => pooledUrl, reason: 'unsupported startup parameter' },
  { manner: 'drops start-up parameters', url: () => droppingUrl, reason: 'drops the role and the schema' },
]
const problem =
  /^DATABASE_POOLER: found none, but .*; allowed for a pooler in transaction mode at DATABASE_URL: transaction/m

test.each(startUp.flatMap((each) => services.map((service) => ({ ...each, service }))))(
  'the $service ends behind an undeclared pooler that $manner, and names the variable',
  async ({ service, url, reason }) => {
    const main = new URL(`../../../services/${service}/src/main.ts`, import.meta.url).pathname
    const stage = {
      ...{ ORDERPIPELINE_PIPELINE: 'test', ORDERPIPELINE_STAGE: service, KAFKA_GROUP_ID: `${bench.prefix}undeclared` },
      ...{ KAFKA_CONSUME_TOPICS: `${bench.prefix}orders.status`, KAFKA_TOPIC_PREFIX: bench.prefix },
      KAFKA_DEAD_LETTER_TOPIC: `${bench.prefix}notification.dead-letters`,
    }
    const env = {
      ...{ ...stage, HTTP_PORT: '0', METRICS_PORT: '0', AUTH: 'none', KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap() },
      DATABASE_URL: url(),
    }
    const child = spawn(process.execPath, [main], { env, stdio: ['ignore', 'ignore', 'pipe'] })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    expect(await once(child, 'close')).toEqual([2, null])
    expect(errors).toMatch(problem)
    expect(errors).toContain(reason)
  },
)

test('a connection whose role has the schema by itself is not taken for one through a pooler', async () => {
  const calls: string[] = []
  const options = { url: droppingUrl, size: 1, onUndeclaredPooler: (message: string) => calls.push(message) }
  const [own, foreign] = [createPool({ ...options, role: 'public' }), createPool({ ...options, role: 'orders' })]
  await own.query({ name: '', text: 'SELECT 1' })
  expect(calls).toEqual([])
  await expect(foreign.query({ name: '', text: 'SELECT 1' })).rejects.toMatchObject({ code: 'UNDECLARED_POOLER' })
  expect(calls).toEqual([expect.stringMatching(problem)])
  await Promise.all([own.close(), foreign.close()])
})

test('a session through an undeclared pooler is refused with the variable', async () => {
  for (const url of [pooledUrl, droppingUrl])
    await expect(openSession({ url, role: 'orders' })).rejects.toMatchObject({
      outage: true,
      message: expect.stringMatching(/DATABASE_SESSION_URL/) as string,
    })
})
