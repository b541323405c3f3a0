// What would one build first? An order is one INSERT, committed alone, and then one job of BullMQ.
// A crash between the two leaves an order that no worker sees; preventing that would cost more.
import { randomBytes, randomUUIDv7 } from 'node:crypto'
import { createPool } from '@orderpipeline/postgres'
import { testDatabase } from '@orderpipeline/stage/testing'
import { Queue } from 'bullmq'
import { atOnce } from '../../at-once.ts'
import { connectionOf } from '../bullmq/redis.ts'
import type { Sample, Servers } from '../comparison.ts'

const connections = 20

export async function insertAndJob(
  { adminUrl, redis }: Servers,
  { orders, customers }: { readonly orders: number; readonly customers: number },
): Promise<Sample> {
  const database = await testDatabase(adminUrl)
  const pool = createPool({ url: database.url, role: 'orders', size: connections, connectTimeoutMs: 30_000 })
  const prefix = `bench-${randomBytes(4).toString('hex')}`
  const queue = new Queue('orders', { connection: connectionOf(await redis()), prefix })
  try {
    const { perSecond, calls } = await atOnce({ calls: orders, callers: customers }, async (n) => {
      const orderId = randomUUIDv7()
      await pool.query(insert, [orderId, `customer-${n % 5_000}`])
      await queue.add('order', { orderId }, { jobId: orderId })
    })
    const [row] = await database.ask<{ n: number }>('orders', 'SELECT count(*)::int AS n FROM orders')
    const jobs = await queue.getJobCountByTypes('waiting')
    return { value: perSecond, accepted: calls, present: Math.min(row?.n ?? 0, jobs) }
  } finally {
    await queue.close()
    await pool.close()
    await database.drop()
  }
}

const insert = {
  name: 'bench.insert',
  text: `INSERT INTO orders (order_id, customer_id, currency, total_cents) VALUES ($1::uuid, $2, 'EUR', 499)`,
}
