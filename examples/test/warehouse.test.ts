// Does the warehouse's copy of the stock equal the shop's, and is each delivery booked once,
// whatever is killed on either side?
import { join } from 'node:path'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import {
  consumedTopics,
  stageBench,
  testDatabase,
  testOrder,
  until,
  validatedEvent,
} from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { inventoryStage } from '@orderpipeline/inventory'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { migrate } from '../warehouse/src/migrate.ts'
import { endAll, examples, failedStart, start } from './test-environment.ts'
import type { Stage } from './test-environment.ts'

const stage: Stage = {
  name: 'warehouse',
  consumes: ['inventory.stock'],
  emits: 'warehouse.deliveries',
  command: [process.execPath, join(examples, 'warehouse', 'src', 'main.ts')],
  env: { WAREHOUSE_REORDER_PIECES: '300', WAREHOUSE_LEAD_SECONDS: '0', WAREHOUSE_LOOK_SECONDS: '0.1' },
}
const [products, pieces] = [20, 100]

vi.setConfig({ testTimeout: 300_000 }) // the group waits for a killed member, until its session is over

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: products, seedStockQuantity: pieces })
  const administrator = new URL(postgresUrl())
  administrator.pathname = new URL(database.url).pathname
  const urls = { DATABASE_URL: administrator.href, SERVICES_DATABASE_URL: database.url }
  await migrate(urls)
  await migrate(urls)
  const topics = [
    ...consumedTopics.inventory,
    ...['inventory.updated', 'inventory.dead-letters', 'warehouse.dead-letters', ...stage.consumes, stage.emits],
  ]
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterEach(endAll)
afterAll(async () => {
  await bench.close()
  await database.drop()
})

function run() {
  return start(bench, stage, { DATABASE_URL: database.url })
}
function inventory() {
  const levels = { lowBelow: 40, levelSeconds: 0, everySeconds: 0.1 }
  const options = { reservationSeconds: 3_600, everySeconds: 60, levels }
  return bench.start('inventory', [...consumedTopics.inventory, stage.emits], inventoryStage({ now }, options))
}
function now() {
  return new Date()
}

async function stockOf(role: string, table: string) {
  const rows = await database.ask<{ sku: string; available: number }>(
    role,
    `SELECT sku, available FROM ${table} ORDER BY sku`,
  )
  return rows.map(({ sku, available }) => `${sku} ${available}`)
}
async function purchases() {
  return database.ask<{ delivery: string; sku: string; booked: boolean }>(
    'warehouse',
    'SELECT delivery, sku, booked_at IS NOT NULL AS booked FROM purchases ORDER BY 1',
  )
}
async function sum(text: string) {
  return (await database.ask<{ sum: number }>('inventory', text))[0]?.sum ?? 0
}

test('its copy equals the stock after every crash, and low stock is delivered once', async () => {
  let first = inventory()
  let replica = await run()
  const sku = (n: number) => `SKU-${String((n % products) + 1).padStart(4, '0')}`
  for (let n = 0; n < 30; n++) {
    await bench.publish(Array.from({ length: 20 }, (_, m) => validatedEvent(testOrder(m, { [sku(n * 7 + m)]: 3 }))))
    if (n % 10 === 4) await database.throwOut()
    if (n % 10 === 7) {
      await replica.end('SIGKILL')
      replica = await run()
    }
    if (n === 15) {
      await first.drain()
      first = inventory()
    }
  }
  await until(async () => {
    replica.assertRunning()
    const [theirs, ours] = [await stockOf('warehouse', 'levels'), await stockOf('inventory', 'stock')]
    const all = await purchases()
    return all.length > 0 && all.every(({ booked }) => booked) && theirs.join() === ours.join()
  }, 120)
  const ordered = await purchases()
  // Every piece is where it should be: the initial stock and the deliveries, less what orders hold.
  const [there, reservedPieces, came] = [
    await sum('SELECT sum(available)::bigint AS sum FROM stock'),
    await sum('SELECT COALESCE(sum(quantity), 0)::bigint AS sum FROM reservation_items'),
    await sum('SELECT sum(quantity)::bigint AS sum FROM restocks'),
  ]
  expect(came).toBe(ordered.length * 300)
  expect(there + reservedPieces).toBe(products * pieces + came)
  expect(await bench.records('warehouse.dead-letters')).toEqual([])
  expect(await bench.records('inventory.dead-letters')).toEqual([])
  expect(await replica.end()).toBe(0)
})

test('makes unreadable messages dead letters and goes on', async () => {
  const replica = await run()
  await bench.publishRaw([{ topic: 'inventory.stock', key: 'SKU-0001', value: 'no JSON', headers: { mine: 'kept' } }])
  await until(async () => (await bench.records('warehouse.dead-letters')).length > 0)
  const [deadLetter] = await bench.records('warehouse.dead-letters')
  expect(deadLetter?.headers).toMatchObject({ mine: 'kept', 'dead-letter-reason': 'NotJson' })
  await until(async () => (await bench.lag('warehouse', 'inventory.stock')) === 0)
  expect((await replica.get('/metrics'))?.text).toContain('warehouse_deadletters_total 1')
  expect(await replica.end()).toBe(0)
})

test('names every variable of a wrong environment and shows no value', async () => {
  const { code, output } = await failedStart(stage, { METRICS_PORT: 'none', DATABASE_URL: 'secret' })
  expect(code).toBe(1)
  for (const name of ['METRICS_PORT', 'DATABASE_URL', 'KAFKA_BOOTSTRAP_SERVERS', 'KAFKA_EMIT_TOPICS'])
    expect(output).toMatch(new RegExp(`^${name}: `, 'm'))
  expect(output).not.toContain('secret')
})
