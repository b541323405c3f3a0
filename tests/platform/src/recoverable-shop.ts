// How does a test run a shop whose database or Kafka it can lose, while the payment provider keeps
// what it has? The provider has a database of its own on another server.
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { createTopics } from '@orderpipeline/kafka'
import { kafkaConnection, topicAdmin } from '@orderpipeline/kafka-admin'
import { gatewayConfig, startGateway } from '@orderpipeline/gateway'
import type { Gateway } from '@orderpipeline/gateway'
import { createProvider } from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import { shopStages, shopTopics, stageBench, testDatabase, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestStage } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { isSettled } from '@orderpipeline/test-support/books'
import { Ledger } from '@orderpipeline/test-support/ledger'
import type { Audit } from '@orderpipeline/test-support/ledger'
import { startShopStages } from './shop-definitions.ts'

export interface RecoverableShop {
  readonly bench: Bench
  readonly database: TestDatabase
  /** The names that commands of `orderpipeline` want. */
  readonly pipeline: string
  readonly namespace: string
  start(): Promise<void>
  /** Gateway and stages end; what they have not done waits. */
  stop(): Promise<void>
  /** Places orders one after the other; resolves to the ids of those that were accepted. */
  place(count: number): Promise<string[]>
  /** True where the shop has cancelled it. */
  cancel(orderId: string): Promise<boolean>
  /** Runs `orderpipeline` with these arguments, or a program of the services' image. */
  command(...args: string[]): Promise<Output>
  program(main: string, databaseUrl: string, ...args: string[]): Promise<Output>
  /** Its topics are as those of a new Kafka. Nothing of the shop may run. */
  loseKafka(): Promise<void>
  settled(): Promise<void>
  /** The books of the shop, with the provider's own. */
  audit(accepted: readonly string[]): Promise<Audit>
  close(): Promise<void>
}

export interface Output {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export const namespace = 'test'
const root = fileURLToPath(new URL('../../..', import.meta.url))

export interface Ground {
  /** The superuser's URL of the server with the shop's database. */
  readonly adminUrl: string
  /** The same of the server with the provider's. */
  readonly providerAdminUrl: string
  readonly kafkaBootstrap: string
}

export async function recoverableShop({
  adminUrl,
  providerAdminUrl,
  kafkaBootstrap,
}: Ground): Promise<RecoverableShop> {
  const database = await testDatabase(adminUrl, { seedProducts: 20, seedStockQuantity: 100_000 })
  const bank = await testDatabase(providerAdminUrl, { seedProducts: 0 })
  const topics = [...shopTopics, ...shopStages.map((stage) => `${stage}.dead-letters`)]
  const bench = await stageBench({ kafkaBootstrap, databaseUrl: database.url, topics, namespace })
  const bankSettings = { PROVIDER_LATENCY_MS: '150', PROVIDER_DECLINE_RATE: '0.1', DATABASE_URL: bank.url }
  const provider = await startPaymentProvider(
    providerConfig({ HTTP_PORT: '0', METRICS_PORT: '0', ...bankSettings }),
    silentLogger(),
  )
  const own = new URL(adminUrl)
  own.pathname = new URL(database.url).pathname
  const ledger = new Ledger(own.href)
  const lostUpTo = new Map<string, string>()
  let gateway: Gateway | undefined
  let stages: readonly TestStage[] = []
  const stop = async (): Promise<void> => {
    for (const closer of gateway?.closers ?? []) await closer.close()
    gateway = undefined
    await Promise.all(stages.map((stage) => stage.drain()))
    stages = []
  }
  const run = (file: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
    outputOf(file, args, { PATH: process.env['PATH'] ?? '', KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap, ...env })
  return {
    ...{ bench, database, namespace, pipeline: bench.prefix.slice(0, -1) },
    start: async () => {
      const parts = { provider: createProvider({ url: provider.url, timeoutMs: 30_000 }) }
      stages = startShopStages(bench, parts, { DRAIN_GRACE_SECONDS: 3 })
      gateway = await startGateway(gatewayConfig(gatewaySettings(bench, database, kafkaBootstrap)), silentLogger())
    },
    stop,
    place: (count) => place(gateway?.url ?? '', count),
    cancel: async (orderId) => {
      const answer = await fetch(`${gateway?.url ?? ''}/v1/orders/${orderId}`, { method: 'DELETE' })
      return answer.ok
    },
    command: (...args) => run('cli/src/main.ts', args, {}),
    program: (main, databaseUrl, ...args) =>
      run(main, args, { DATABASE_URL: databaseUrl, KAFKA_TOPIC_PREFIX: bench.prefix }),
    loseKafka: async () => {
      await recreate(
        kafkaBootstrap,
        topics.map((topic) => bench.prefix + topic),
      )
      for (const stage of shopStages) {
        const [row] = await database.ask<{ last: string }>(
          stage,
          'SELECT coalesce(max(id), 0)::text AS last FROM outbox',
        )
        lostUpTo.set(stage, row?.last ?? '0')
      }
    },
    settled: () => until(() => isSettled({ database, bench, ledger }, { processesAreKilled: true, lostUpTo }), 120),
    audit: async (accepted) => {
      await copyProvider(bank, database)
      return ledger.audit(accepted)
    },
    close: async () => {
      await stop()
      await bench.close()
      for (const closer of provider.closers) await closer.close()
      await ledger.close()
      await bank.drop()
      await database.drop()
    },
  }
}

async function recreate(kafkaBootstrap: string, topics: readonly string[]): Promise<void> {
  const admin = topicAdmin(kafkaConnection({ bootstrapServers: kafkaBootstrap, clientId: 'test', timeoutMs: 10_000 }))
  try {
    await admin.delete(topics)
    await until(async () => {
      const described = await admin.describe(topics)
      return [...described.values()].every((outcome) => outcome.ok && outcome.value === undefined)
    })
  } finally {
    await admin.close()
  }
  const specs = topics.map((topic) => ({ topic, partitions: 4 }))
  await createTopics({ brokers: [kafkaBootstrap], clientId: 'test' }, specs, silentLogger())
}

function gatewaySettings(bench: Bench, database: TestDatabase, kafkaBootstrap: string): Record<string, string> {
  return {
    ...{ HTTP_PORT: '0', METRICS_PORT: '0', DATABASE_URL: database.url, KAFKA_BOOTSTRAP_SERVERS: kafkaBootstrap },
    ...{ KAFKA_TOPIC_PREFIX: bench.prefix, KAFKA_GROUP_PREFIX: `${namespace}.${bench.prefix}` },
    ...{ RELAY_TAKE_OVER_SECONDS: '0.2', RELAY_POLL_SECONDS: '0.5', DRAIN_LINGER_SECONDS: '0', AUTH: 'none' },
  }
}

async function place(gateway: string, count: number): Promise<string[]> {
  const accepted: string[] = []
  for (let n = 0; n < count; n++) {
    const items = [{ sku: `SKU-${String((n % 20) + 1).padStart(4, '0')}`, quantity: 1 + (n % 2) }]
    const answer = await fetch(`${gateway}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerId: `customer-${n % 50}`, items }),
    })
    if (answer.status !== 202) throw new Error(`an order was answered with ${answer.status}: ${await answer.text()}`)
    accepted.push(((await answer.json()) as { orderId: string }).orderId)
  }
  return accepted
}

function outputOf(file: string, args: readonly string[], env: Record<string, string>): Promise<Output> {
  return new Promise((resolve) => {
    execFile(process.execPath, [file, ...args], { cwd: root, env, timeout: 60_000 }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1
      resolve({ exitCode: code, stdout, stderr })
    })
  })
}

/** The auditor reads the provider's books in the shop's database. */
async function copyProvider(bank: TestDatabase, shop: TestDatabase): Promise<void> {
  for (const table of ['charges', 'refunds']) {
    const rows = await bank.ask<{ row: unknown }>('payment_provider', `SELECT to_jsonb(t) AS row FROM ${table} AS t`)
    const copy = `INSERT INTO ${table} SELECT * FROM jsonb_populate_recordset(NULL::${table}, $1) ON CONFLICT DO NOTHING`
    await shop.ask('payment_provider', copy, [JSON.stringify(rows.map(({ row }) => row))])
  }
}
