// How fast are the intake and the orders stage on this database, and how long does its longest
// statement take?
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { createPool } from '@orderpipeline/postgres'
import type { Pool } from '@orderpipeline/postgres'
import { createStore, prune } from '@orderpipeline/stage'
import { placedEvent } from '@orderpipeline/stage/testing'
import type { TestOrder } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { ordersStage } from '@orderpipeline/orders'
import { createIntake, intakeMetrics } from '@orderpipeline/orders/intake'

export interface MonthMeasurement {
  readonly intakePerSecond: number
  readonly stagePerSecond: number
  readonly longestMs: number
}

const waiting = 200
const groupSize = 100
const usualConnections = 2
const retentionHours = 192

/**
 * Orders with idempotency keys are placed, then priced by the orders stage, group by group, as
 * fetched from Kafka. As many transactions at once as there are connections.
 */
export async function measure(
  url: string,
  orders: number,
  connections: number = usualConnections,
): Promise<MonthMeasurement> {
  let longestMs = 0
  const onQuery = (_name: string, seconds: number) => (longestMs = Math.max(longestMs, seconds * 1_000))
  const pool = createPool({ url, role: 'orders', size: connections, onQuery })
  try {
    const { placed: placedOrders, perSecond: intakePerSecond } = await placing(pool, orders, connections)
    await pool.query({ name: '', text: 'DELETE FROM intake_outbox' })
    const stagePerSecond = await pricing(pool, placedOrders, connections)
    return { intakePerSecond, stagePerSecond, longestMs }
  } finally {
    await pool.close()
  }
}

async function placing(
  pool: Pool,
  orders: number,
  connections: number,
): Promise<{ placed: TestOrder[]; perSecond: number }> {
  const intake = createIntake({
    database: pool,
    metrics: intakeMetrics(createRegistry()),
    now: () => new Date(),
    newId: randomUUIDv7,
    maxBatch: 500,
    maxInFlight: connections,
    maxWaiting: waiting,
  })
  const placedOrders: TestOrder[] = []
  let next = 0
  const items = [{ sku: 'SKU-0001', quantity: 2 }]
  const client = async () => {
    while (next < orders) {
      const order = { customerId: `customer-${next++ % 50_000}`, currency: 'EUR', items }
      const { orderId } = await intake.place({ ...order, idempotencyKey: randomUUID() })
      placedOrders.push({ ...order, orderId })
    }
  }
  const startedAt = performance.now()
  await Promise.all(Array.from({ length: waiting }, client))
  const perSecond = orders / ((performance.now() - startedAt) / 1_000)
  await intake.close()
  return { placed: placedOrders, perSecond }
}

async function pricing(pool: Pool, orders: readonly TestOrder[], connections: number): Promise<number> {
  const { apply } = ordersStage({ now: () => new Date() })
  const store = createStore(pool, { prefix: '', keyedByOrder: [] }, apply)
  const events = orders.map(placedEvent)
  const groups = Array.from({ length: Math.ceil(events.length / groupSize) }, (_, n) =>
    events.slice(n * groupSize, (n + 1) * groupSize).map((event) => ({ event, prepared: undefined })),
  )
  const startedAt = performance.now()
  const worker = async () => {
    for (let group = groups.shift(); group; group = groups.shift()) {
      await store.effect(group, [])
      await store.settle(group)
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
  return events.length / ((performance.now() - startedAt) / 1_000)
}

export interface PruneFigures {
  readonly dropped: number
  readonly seconds: number
  readonly longestMs: number
}

/** Deletes everything that the inbox need not remember any more. */
export async function forget(url: string): Promise<PruneFigures> {
  let longestMs = 0
  const onQuery = (_name: string, seconds: number) => (longestMs = Math.max(longestMs, seconds * 1_000))
  const pool = createPool({ url, role: 'orders', size: 1, onQuery })
  try {
    const startedAt = performance.now()
    const { dropped } = await prune(pool, retentionHours)
    return { dropped: dropped.length, seconds: (performance.now() - startedAt) / 1_000, longestMs }
  } finally {
    await pool.close()
  }
}
