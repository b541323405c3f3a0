// Are two shops on one Kafka and one PostgreSQL server apart? Each has a database and a pipeline's
// name of its own, as in examples/sharded.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { groupsNamed, kafkaConnection } from '@orderpipeline/kafka-admin'
import { flawless } from '@orderpipeline/test-support/ledger'
import { recoverableShop } from '../src/recoverable-shop.ts'
import type { RecoverableShop } from '../src/recoverable-shop.ts'

let shards: readonly RecoverableShop[]
beforeAll(async () => {
  const ground = { adminUrl: postgresUrl(), providerAdminUrl: postgresUrl(), kafkaBootstrap: kafkaBootstrap() }
  shards = [await recoverableShop(ground), await recoverableShop(ground)]
})
afterAll(async () => {
  for (const shard of shards) await shard.close()
})

test('orders of one shard are in no table, topic or group of the other', async () => {
  for (const shard of shards) await shard.start()
  const idsByShard = await Promise.all(shards.map((shard, n) => shard.place(20 + 10 * n)))
  for (const shard of shards) await shard.settled()
  const kafka = kafkaConnection({ bootstrapServers: kafkaBootstrap(), clientId: 'test', timeoutMs: 10_000 })
  for (const [n, shard] of shards.entries()) {
    const own = idsByShard[n] ?? []
    const audit = await shard.audit(own)
    expect(audit).toEqual(flawless(audit))
    const ids = await shard.database.ask<{ id: string }>('orders', 'SELECT order_id AS id FROM orders')
    expect(ids.map(({ id }) => id).toSorted()).toEqual(own.toSorted())
    const events = await shard.bench.events('orders.placed')
    expect(events.map(({ data }) => data.orderId).toSorted()).toEqual(own.toSorted())
    const groups = await groupsNamed(kafka, `${shard.namespace}.${shard.pipeline}.`)
    for (const { topics } of groups)
      for (const topic of topics) expect(topic.startsWith(`${shard.pipeline}.`)).toBe(true)
    expect(groups.length).toBeGreaterThan(0)
  }
  await kafka.close()
})
