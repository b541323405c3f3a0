// Are orders read from the replica, found though it lags, and read at all while it is away? A second database stands in for
// one that lags by everything: the same tables, other rows.
import { randomUUID } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase, type TestDatabase } from '@orderpipeline/kit-stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, ground, type Ground } from './support.ts'

let on: Ground
let replica: TestDatabase
let gateway: Gateway
beforeAll(async () => {
  on = await ground()
  replica = await testDatabase(postgresUrl())
  gateway = await on.start({ DATABASE_REPLICA_URL: replica.url })
})
afterAll(async () => {
  await on.close()
  await replica.drop()
})

const insert = (database: TestDatabase, orderId: string, status: string) =>
  database.ask('orders', `INSERT INTO orders (order_id, customer_id, currency, status) VALUES ($1, 'c', 'EUR', $2)`, [
    orderId,
    status,
  ])
const shown = async (at: Gateway, orderId: string) => (await ask(`${at.url}/v1/orders/${orderId}`)).body['status']

test('what the replica knows is read there', async () => {
  const orderId = randomUUID()
  await insert(on.database, orderId, 'SHIPPED')
  await insert(replica, orderId, 'PROCESSING')
  expect(await shown(gateway, orderId)).toBe('PROCESSING')
})

test('what it does not know yet is asked of the primary, so that an order just placed is there', async () => {
  const body = { customerId: 'c', items: [{ sku: 'SKU-0001', quantity: 1 }] }
  const placed = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body })
  expect(await shown(gateway, placed.body.orderId)).toBe('PLACED')
  const ids = [placed.body.orderId, randomUUID()]
  const { body: found } = await ask<{ orders: unknown[] }>(`${gateway.url}/v1/orders/status`, { body: { ids } })
  expect(found.orders).toHaveLength(1)
})

test('with the replica away the primary answers', async () => {
  const away = new URL(replica.url)
  away.port = '1'
  const alone = await on.start({ DATABASE_REPLICA_URL: away.href })
  const orderId = randomUUID()
  await insert(on.database, orderId, 'CONFIRMED')
  expect(await shown(alone, orderId)).toBe('CONFIRMED')
})
