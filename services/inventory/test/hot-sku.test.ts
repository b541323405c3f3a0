// Is a SKU that every customer wants at once sold as often as there are pieces, and no more often,
// by replicas that come and go on a real Kafka?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { consumedTopics, stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import { validatedEvent } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestOrder, TestStage } from '@orderpipeline/stage/testing'
import { inventoryStage } from '../src/definition.ts'

const buyers = 10_000
const pieces = 100
const sku = 'SKU-0001'

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 1, seedStockQuantity: pieces })
  bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: [...consumedTopics.inventory, 'inventory.updated', 'inventory.dead-letters'],
    partitions: 6,
  })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

function replica() {
  return bench.start('inventory', consumedTopics.inventory, inventoryStage({ now: () => new Date() }))
}
/** Each a customer of its own, so that every partition has some. */
const orders = Array.from({ length: buyers }, (_, n): TestOrder => ({
  ...testOrder(n, { [sku]: 1 }),
  customerId: `buyer-${n}`,
}))
async function answers() {
  const ids = { StockReserved: new Set<string>(), StockRejected: new Set<string>() }
  for (const { type, data } of await bench.events('inventory.updated'))
    if (type === 'StockReserved' || type === 'StockRejected') ids[type].add(data.orderId)
  return ids
}
async function consumedCount({ registry }: TestStage): Promise<number> {
  const lines = (await registry.metrics()).split('\n')
  return lines
    .filter((line) => line.startsWith('orderpipeline_stage_consumed_total'))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
}

test('sells 100 pieces to 10,000 buyers while replicas leave and join', { timeout: 600_000 }, async () => {
  const replicas = [replica(), replica(), replica()]
  await until(() => replicas.every(({ ready }) => ready() === true))
  const events = orders.map(validatedEvent)
  const half = buyers / 2
  await bench.publish(events.slice(0, half))
  // When each replica has had its share the group rebalances, twice; the second half meets a
  // stock that may be empty already.
  await until(async () => (await Promise.all(replicas.map(consumedCount))).every((count) => count > 0), 20)
  await Promise.all([replicas[0]?.drain(), bench.publish(events.slice(half))])
  replica()
  // What comes once more, as after a change of hands, takes no effect again.
  await bench.publish(events.slice(0, 500))
  await until(async () => (await bench.lag('inventory', 'orders.validated')) === 0)

  const stock = await database.ask('inventory', 'SELECT available FROM stock WHERE sku = $1', [sku])
  expect(stock).toEqual([{ available: 0 }])
  const countByStatus = 'SELECT status, count(*)::int AS count FROM reservations GROUP BY status ORDER BY status'
  expect(await database.ask('inventory', countByStatus)).toEqual([
    { status: 'REJECTED', count: buyers - pieces },
    { status: 'RESERVED', count: pieces },
  ])
  const { StockReserved: reservedIds, StockRejected: rejectedIds } = await answers()
  expect([reservedIds.size, rejectedIds.size]).toEqual([pieces, buyers - pieces])
  expect(new Set([...reservedIds, ...rejectedIds])).toEqual(new Set(orders.map(({ orderId }) => orderId)))
  expect(await bench.records('inventory.dead-letters')).toEqual([])
})
