// From which figures does `orderpipeline capacity` calculate? Measured again, next to the value
// that the command uses: the rows, bytes and processor time of an order of one line, and the rate
// at which a relay publishes what waits.
import { randomUUIDv7 } from 'node:crypto'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createProducer } from '@orderpipeline/kafka'
import { capacityFigures } from '@orderpipeline/operator/pipeline'
import type { FigureName } from '@orderpipeline/operator/pipeline'
import { createIntake, intakeMetrics, relayMetrics, startRelay } from '@orderpipeline/orders/intake'
import { createPool, openSession } from '@orderpipeline/postgres'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { startOwnKafka, withOwnServers } from './own-servers.ts'
import type { OwnServers } from './own-servers.ts'
import { processorSecondsBelow } from './sync-async/cpu.ts'
import { startLoad } from './sync-async/load.ts'
import { freePort } from '@orderpipeline/cluster/supervised'
import { createProcesses } from './sync-async/processes.ts'
import { startPlatform } from './sync-async/ways.ts'
import type { Row } from './table.ts'

export interface CapacityBenchOptions {
  readonly orders: number
  readonly relayed: number
  readonly say: (line: string) => void
}

const atOnce = 100
/** A backend of PostgreSQL that rests reports its statistics after ten seconds. */
const statisticsMs = 12_000

export function benchCapacity(options: CapacityBenchOptions): Promise<Row[]> {
  return withOwnServers(async (servers) => {
    const { adminUrl } = servers
    const database = await testDatabase(adminUrl, { seedProducts: 100, seedStockQuantity: 100_000_000 })
    const bootstrap = await startOwnKafka(servers)
    const order = await orderFigures({ servers, database, bootstrap }, options)
    options.say(`relaying ${options.relayed} orders …`)
    const relayOrders = await relayRate(database, bootstrap, options.relayed)
    await database.drop()
    return Object.entries({ ...order, relayOrders: Math.round(relayOrders) }).map(([figure, measured]) => ({
      'an order of one line': capacityFigures[figure as FigureName].unit,
      figure,
      measured,
      'orderpipeline capacity uses': capacityFigures[figure as FigureName].value,
    }))
  })
}

interface Ground {
  readonly servers: OwnServers
  readonly database: TestDatabase
  readonly bootstrap: string
}

async function orderFigures(
  { servers, database, bootstrap }: Ground,
  { orders, say }: CapacityBenchOptions,
): Promise<Partial<Record<FigureName, number>>> {
  const processes = createProcesses()
  try {
    say('starting the platform …')
    const providerUrl = await startProvider(database, processes)
    const ordersUrl = await startPlatform({ databaseUrl: database.url, providerUrl, atOnce, processes }, bootstrap)
    const load = startLoad(ordersUrl)
    await load.atOnce(20, 200)
    await quiet(database)
    const before = await reading(servers, database)
    say(`${orders} orders from ${atOnce} customers …`)
    await load.atOnce(atOnce, orders)
    await quiet(database)
    const after = await reading(servers, database)
    await load.close()
    return {
      messageBytes: Math.round((after.bytes - before.bytes) / (orders * messagesPerOrder)),
      rowsPerOrder: Number(((after.rows - before.rows) / orders).toFixed(1)),
      databaseMsPerOrder: Number((((after.seconds - before.seconds) / orders) * 1_000).toFixed(2)),
    }
  } finally {
    await processes.stop()
  }
}

/** Messages of a shipped order: one on each of five topics, two on one and three on another. */
const messagesPerOrder = 10

async function startProvider(database: TestDatabase, processes: ReturnType<typeof createProcesses>): Promise<string> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = { HTTP_PORT: String(port), METRICS_PORT: '0', DATABASE_URL: database.url, LOG_LEVEL: 'error' }
  const behaviour = { PROVIDER_LATENCY_MS: '10', PROVIDER_DECLINE_RATE: '0' }
  await processes.start('services/payment-provider/src/main.ts', { ...env, ...behaviour }, `${url}/v1/behaviour`)
  return url
}

/** Every order has ended, and the statistics have it. */
async function quiet(database: TestDatabase): Promise<void> {
  const underWay = `SELECT FROM orders WHERE status IN ('PLACED', 'PROCESSING', 'CONFIRMED') LIMIT 1`
  while ((await database.ask('orders', underWay)).length > 0) await sleep(100)
  await sleep(statisticsMs)
}

export async function reading({ dir }: Pick<OwnServers, 'dir'>, database: TestDatabase) {
  const [written] = await database.ask<{ rows: number }>('orders', rowsWritten)
  return {
    rows: written?.rows ?? 0,
    bytes: await bytesOfLogs(join(dir, 'kafka')),
    seconds: await processorSecondsBelow(process.pid, 'postgres'),
  }
}

/** Rows of the services; the simulated payment provider stands for a company's own. */
const rowsWritten = `
SELECT sum(n_tup_ins + n_tup_upd + n_tup_del)::int AS rows FROM pg_stat_user_tables
WHERE schemaname <> 'payment_provider'`

/** Bytes of the platform's topics, without their indexes. */
async function bytesOfLogs(folder: string): Promise<number> {
  const files = await readdir(folder, { recursive: true })
  const logs = files.filter((file) => /(^|\/)bench\.[^/]+\/\d+\.log$/.test(file))
  const sizes = await Promise.all(logs.map(async (file) => (await stat(join(folder, file))).size))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Orders a second from an outbox in which all of them wait. */
export async function relayRate(database: TestDatabase, bootstrap: string, orders: number): Promise<number> {
  const pool = createPool({ url: database.url, role: 'orders', size: 2 })
  const metrics = intakeMetrics(createRegistry())
  const intake = createIntake({
    ...{ database: pool, metrics, now: () => new Date(), newId: randomUUIDv7 },
    ...{ maxBatch: 500, maxInFlight: 2, maxWaiting: orders },
  })
  const items = [{ sku: 'SKU-0001', quantity: 1 }]
  const placing = Array.from({ length: orders }, (_, n) =>
    intake.place({ customerId: `customer-${n}`, currency: 'EUR', items }),
  )
  await Promise.all(placing)
  await intake.close()
  const producer = createProducer({ brokers: [bootstrap], clientId: 'bench' }, silentLogger())
  const startedAt = performance.now()
  const relay = startRelay({
    database: pool,
    openSession: (onNotification) => openSession({ url: database.url, role: 'orders', onNotification }),
    publish: (messages) => producer.send(messages.map((message) => ({ ...message, topic: `bench.${message.topic}` }))),
    metrics: relayMetrics(createRegistry()),
    logger: silentLogger(),
    ...{ batchSize: 1_000, takeOverMs: 100, pollMs: 500 },
  })
  while ((await database.ask('orders', 'SELECT FROM intake_outbox LIMIT 1')).length > 0) await sleep(20)
  const seconds = (performance.now() - startedAt) / 1_000
  await relay.close()
  await producer.close()
  await pool.close()
  return orders / seconds
}
