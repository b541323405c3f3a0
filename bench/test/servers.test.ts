// Do the benchmarks of PostgreSQL and the relay still work? With tiny numbers: every figure is
// there, and no accepted order is missing. The figures themselves mean nothing here.
import { randomBytes } from 'node:crypto'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { createTopics } from '@orderpipeline/kafka'
import { silentLogger } from '@orderpipeline/process'
import { testDatabase, until } from '@orderpipeline/stage/testing'
import { expect, it } from 'vitest'
import { reading, relayRate } from '../src/capacity.ts'
import { benchFailover, failoverWays } from '../src/failover.ts'
import { measureFlashSale } from '../src/flash-sale/index.ts'
import { measureStorage } from '../src/storage/index.ts'
import { measureSyncAsync } from '../src/sync-async/index.ts'

function say(): void {}

it('measures a failover without waiting for the standby, which the tests of the orders service leave out', async () => {
  const asynchronous = failoverWays.filter(({ synchronous }) => !synchronous)
  const [row, ...others] = await benchFailover({ orders: 100, clients: 10, rounds: 1, say }, asynchronous)
  expect(others).toEqual([])
  expect(row?.['commits to the standby']).toBe('asynchronous')
  expect(row?.['accepted/s before']).toBeGreaterThan(0)
  expect(row?.['none accepted for, s']).toBeGreaterThan(0)
  expect(row?.['accepted orders lost, each round']).toMatch(/^\d+$/)
})

it('measures the relay of capacity, and reads the rows and bytes that an order makes', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-capacity-'))
  const database = await testDatabase(postgresUrl())
  const log = 'kafka/bench.orders.placed-0/00000000000000000000'
  try {
    await mkdir(join(dir, 'kafka/bench.orders.placed-0'), { recursive: true })
    await Promise.all([writeFile(join(dir, `${log}.log`), 'four'), writeFile(join(dir, `${log}.index`), 'not counted')])
    const address = { brokers: [kafkaBootstrap()], clientId: 'bench' }
    await createTopics(address, [{ topic: 'bench.orders.placed', partitions: 1 }], silentLogger())
    const before = await reading({ dir }, database)
    expect(before.bytes).toBe(4)
    expect(await relayRate(database, kafkaBootstrap(), 100)).toBeGreaterThan(0)
    // PostgreSQL's statistics come late. At least an order, its line, its first status, and its
    // outbox row.
    await until(async () => (await reading({ dir }, database)).rows - before.rows >= 400, 60)
  } finally {
    await database.drop()
    await rm(dir, { recursive: true })
  }
})

it('measures pools, what each index costs and brings, and how a month is taken out', async () => {
  const rows = await measureStorage(postgresUrl(), { orders: 3_600, sample: 50, rounds: 1, pools: [2, 4], say })
  const names = rows.map(({ storage }) => storage)
  const indexes = ['orders_under_way', 'orders_by_customer', 'inbox by_age']
  expect(names).toEqual([
    ...['by month, pool of 2', 'by month, pool of 4'],
    ...indexes.flatMap((index) => ['with all indexes', `without ${index}`]),
    ...['by month', 'without months'],
  ])
  for (const row of rows)
    for (const figure of ['intake, orders/s', 'orders stage, messages/s', 'longest statement, ms'])
      expect(row[figure]).toBeGreaterThan(0)
  for (const row of rows.slice(2))
    for (const figure of ["a customer's orders, ms", 'an order, ms', 'in progress counted, ms'])
      expect(typeof row[figure]).toBe('number')
  for (const row of rows.slice(-2)) expect(row['a month out, ms']).toBeGreaterThan(0)
})

const sagaServers = { adminUrl: postgresUrl(), kafka: () => Promise.resolve(kafkaBootstrap()) }
function ownTopics() {
  return { prefix: `bench-${randomBytes(4).toString('hex')}.`, partitions: 2 }
}

it('measures the chain, the platform, and the platform with priorities, in one run', async () => {
  const load = { perSecond: 10, steadySeconds: 0.5, atOnce: 4, ordersAt: new Map([[10, 20]]), priorities: true }
  const rows = await measureSyncAsync(sagaServers, { ...load, say }, ownTopics())
  expect(rows.map(({ way }) => way)).toEqual(['synchronous chain', 'this platform', 'this platform with priorities'])
  for (const row of rows) {
    expect(row['shipped/s']).toBeGreaterThan(0)
    expect(row['shipped after, p50 / p95 / p99 ms']).toMatch(/^\d+ \/ \d+ \/ \d+$/)
  }
})

it('measures who gives up in a flash sale, and that every order which was answered is shipped', async () => {
  const sale = { perSecond: 20, seconds: 1, latencyMs: 300, workers: 1, patienceMs: 100 }
  const rows = await measureFlashSale(sagaServers, sale, say, ownTopics())
  expect(rows.map(({ way }) => way)).toEqual(['synchronous chain', 'this platform'])
  for (const row of rows) expect(Number(row['placed an order']) + Number(row['gave up'])).toBe(row['customers came'])
  // Three customers are served in its second, and three times as many come at least.
  expect(rows[0]?.['gave up']).toBeGreaterThan(0)
})
