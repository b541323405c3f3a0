// Does a stage say for how long a rebalance of its consumer group stopped it, on a real Kafka?
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase, TestStage } from '../src/testing/index.ts'
import type { StageDefinition } from '../src/index.ts'

let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
  const topics = ['orders.validated', 'moving.dead-letters']
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
