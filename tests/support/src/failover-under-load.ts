// Are accepted orders lost when the primary dies under load and its standby is promoted? The intake
// places orders through a proxy; the primary is killed by SIGKILL in the middle of it; then every
// order that was answered as accepted is looked up on the former standby.
import { randomUUID, randomUUIDv7 } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createPool } from '@orderpipeline/postgres'
import { until } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { createIntake, intakeMetrics } from '@orderpipeline/orders/intake'
import { startFailoverProxy } from './failover-proxy.ts'
import type { OwnReplica } from './own-replica.ts'

export interface FailoverOptions {
  readonly servers: OwnReplica
  /** The services' URL of a migrated database on the primary. */
  readonly databaseUrl: string
  /** Clients that each wait for the answer to their order before the next. */
  readonly clients: number
  /** Orders accepted before the primary is killed. */
  readonly before: number
  /** Orders accepted after the standby was promoted. */
  readonly after: number
}

export interface FailoverResult {
  readonly accepted: number
  /** Orders accepted before the primary was killed. */
  readonly acceptedPerSecond: number
  /** Accepted orders that are missing on the new primary. */
  readonly lost: number
  /** From the death of the primary to the first order that was accepted afterwards. */
  readonly refusedForSeconds: number
}

export async function failoverUnderLoad(options: FailoverOptions): Promise<FailoverResult> {
  const { servers, clients, before, after } = options
  const proxy = await startFailoverProxy(options.databaseUrl)
  const pool = createPool({ url: proxy.url, role: 'orders', size: 2, statementTimeoutMs: 5_000 })
  const intake = createIntake({
    ...{ database: pool, metrics: intakeMetrics(createRegistry()), now: () => new Date(), newId: randomUUIDv7 },
    ...{ maxBatch: 500, maxInFlight: 2, maxWaiting: clients },
  })
  const accepted = new Map<string, number>()
  const stopping = new AbortController()
  const client = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      const order = { customerId: randomUUID(), currency: 'EUR', items: [{ sku: 'SKU-0001', quantity: 1 }] }
      await intake.place({ ...order, idempotencyKey: randomUUID() }).then(
        ({ orderId }) => accepted.set(orderId, performance.now()),
        () => sleep(20),
      )
    }
  }
  try {
    const startedAt = performance.now()
    const load = Promise.all(Array.from({ length: clients }, client))
    await until(() => accepted.size >= before, 60)
    const [first = startedAt] = accepted.values()
    const acceptedPerSecond = accepted.size / ((performance.now() - first) / 1_000)
    await servers.killPrimary()
    const died = performance.now()
    await servers.promote()
    proxy.lead(servers.replicaOf(options.databaseUrl))
    const enough = accepted.size + after
    await until(() => accepted.size >= enough, 60)
    stopping.abort()
    await load
    const back = Math.min(...[...accepted.values()].filter((at) => at > died + lastAnswersMs))
    return {
      accepted: accepted.size,
      acceptedPerSecond,
      lost: await missingOf([...accepted.keys()], servers.replicaOf(options.databaseUrl)),
      refusedForSeconds: (back - died) / 1_000,
    }
  } finally {
    stopping.abort()
    await intake.close()
    await pool.close()
    await proxy.close()
  }
}

/** Answers that were in transit when the primary died. */
const lastAnswersMs = 100

async function missingOf(orderIds: readonly string[], url: string): Promise<number> {
  const pool = createPool({ url, role: 'orders', size: 1 })
  try {
    const text = 'SELECT order_id FROM orders WHERE order_id = ANY ($1::uuid[])'
    const rows = await pool.query({ name: '', text }, [orderIds])
    return orderIds.length - rows.length
  } finally {
    await pool.close()
  }
}
