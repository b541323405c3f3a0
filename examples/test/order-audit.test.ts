// Does the smallest stage log nothing alarming, while replicas join and leave? Two processes of it
// in one group, on a real Kafka.
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { stageBench, until } from '@orderpipeline/stage/testing'
import type { Bench } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { endAll, examples, start } from './test-environment.ts'
import type { Stage } from './test-environment.ts'

const stage: Stage = {
  name: 'audit',
  consumes: ['orders.status'],
  emits: 'nothing',
  command: [process.execPath, join(examples, 'order-audit', 'audit.mjs')],
}
let bench: Bench
beforeAll(async () => {
  const topics = ['orders.status', 'audit.dead-letters']
  bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: postgresUrl(), topics })
})
afterAll(async () => {
  await endAll()
  await bench.close()
})

it('counts the events it reads, and logs no timer warnings or rebalances as errors', async () => {
  const value = JSON.stringify({ data: { status: 'CONFIRMED' } })
  const first = await start(bench, stage)
  await bench.publishRaw([{ topic: 'orders.status', key: 'c-1', value, headers: {} }])
  const countLine = /audited_orders_total\{status="CONFIRMED"\} 1/
  await until(async () => countLine.test((await first.get('/metrics'))?.text ?? ''))
  const second = await start(bench, stage)
  await until(async () => (await second.get('/readyz'))?.status === 200)
  await sleep(4_000) // longer than from one heartbeat to the next, at which the first notices the second
  expect(await second.end()).toBe(0)
  expect(await first.end()).toBe(0)
  expect(first.output() + second.output()).not.toMatch(/TimeoutNegativeWarning|rebalanc/)
})
