// Does a stage say for how long a rebalance of its consumer group stopped it, and drop the work of
// the partitions that it has lost, on a real Kafka?
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reservedEvent, stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase, TestStage } from '../src/testing/index.ts'
import type { StageDefinition } from '../src/index.ts'

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
  const topics = ['orders.validated', 'moving.dead-letters', 'inventory.updated', 'calling.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

const nothing: StageDefinition<void> = {
  role: 'notification',
  handles: ['OrderValidated'],
  apply: () => Promise.resolve(() => []),
}
function start(): TestStage {
  return bench.start('moving', ['orders.validated'], nothing)
}
async function valueOf({ registry }: TestStage, name: string): Promise<number> {
  const { values } = (await registry.getSingleMetric(name)?.get()) ?? { values: [] }
  return values[0]?.value ?? NaN
}
function standstillOf(stage: TestStage): Promise<number> {
  return valueOf(stage, 'orderpipeline_stage_rebalance_standstill_seconds_total')
}
function rebalancesOf(stage: TestStage): Promise<number> {
  return valueOf(stage, 'orderpipeline_stage_rebalances_total')
}

test('counts the standstill of a replica that another one joins, and none of the one that joins', async () => {
  const first = start()
  await bench.publish(Array.from({ length: 40 }, (_, n) => validatedEvent(testOrder(n, { 'SKU-0001': 1 }))))
  await until(async () => (await bench.lag('moving', 'orders.validated')) === 0)
  expect(await standstillOf(first)).toBe(0)

  const startedAt = performance.now()
  const second = start()
  await until(async () => (await rebalancesOf(first)) >= 2 && second.ready() === true)
  await until(async () => (await standstillOf(first)) > 0)
  const afterJoin = await standstillOf(first)
  expect(afterJoin).toBeLessThan((performance.now() - startedAt) / 1_000)
  expect(await standstillOf(second)).toBe(0)

  const rebalancesBefore = await rebalancesOf(first)
  await second.drain()
  await until(async () => (await rebalancesOf(first)) > rebalancesBefore)
  expect(await standstillOf(first)).toBeGreaterThan(afterJoin)
  await bench.publish([validatedEvent(testOrder(41, { 'SKU-0001': 1 }))])
  await until(async () => (await bench.lag('moving', 'orders.validated')) === 0)
  // It consumes again, so no more time is added.
  const settled = await standstillOf(first)
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(await standstillOf(first)).toBe(settled)
})

test('work that waits for a place is dropped with its partition, and is done once by the next owner', async () => {
  const gate = Promise.withResolvers<void>()
  const calls: string[] = []
  const calling: StageDefinition<void> = {
    role: 'notification',
    handles: ['StockReserved'],
    prepare: async ({ data }) => {
      calls.push('orderId' in data ? data.orderId : '')
      await gate.promise
    },
    apply: () => Promise.resolve(() => []),
  }
  const [concurrency, count] = [2, 60]
  const startCalling = () =>
    bench.start('calling', ['inventory.updated'], calling, {
      ...{ STAGE_CONCURRENCY: concurrency, STAGE_PRIORITY_WEIGHTS: [8, 4, 1] },
    })
  const inFlight = (stage: TestStage) => valueOf(stage, 'orderpipeline_stage_in_hand')
  const orders = Array.from({ length: count }, (_, n) => ({ ...testOrder(n, {}), customerId: `customer-${n}` }))
  const first = startCalling()
  await bench.publish(orders.map(reservedEvent))
  await until(async () => (await inFlight(first)) === count)

  const second = startCalling()
  await until(async () => (await inFlight(second)) > 0)
  // Each message is with the owner of its partition, but for the calls that had begun before.
  await until(async () => {
    const total = (await inFlight(first)) + (await inFlight(second))
    return total >= count && total <= count + concurrency
  })
  expect(calls.length).toBeLessThanOrEqual(2 * concurrency)
  gate.resolve()
  await until(async () => (await bench.lag('calling', 'inventory.updated')) === 0)
  expect([await inFlight(first), await inFlight(second)]).toEqual([0, 0])
  expect(new Set(calls).size).toBe(count)
  expect(calls.length).toBeLessThanOrEqual(count + concurrency)
})
