// How fast is the job queue? All stages run, orders come from so many callers at once, and all of
// them end.
import { randomBytes } from 'node:crypto'
import { freePort } from '@orderpipeline/cluster/supervised'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { processorSecondsBelow } from '../../sync-async/cpu.ts'
import { figuresOf } from '../../sync-async/figures.ts'
import { setLatency, startSurroundings } from '../../sync-async/measure.ts'
import { createProcesses } from '../../sync-async/processes.ts'
import type { Processes } from '../../sync-async/processes.ts'
import type { Sample, Servers } from '../comparison.ts'
import { startQueueLoad } from './queue-load.ts'
import { createHistories, queueNames } from './stages.ts'

export interface QueueRunOptions {
  readonly withDatabase: boolean
  readonly orders: number
  readonly warmUp: number
  readonly customers: number
  readonly latencyMs: number
}

/** Orders a second that have passed all stages. */
export async function queueRun(servers: Servers, options: QueueRunOptions): Promise<Sample> {
  const redisUrl = await servers.redis()
  const prefix = `bench-${randomBytes(4).toString('hex')}`
  const { database, providerUrl, stopProvider } = await startSurroundings(servers.adminUrl)
  const processes = createProcesses()
  const load = startQueueLoad(redisUrl, prefix)
  try {
    if (options.withDatabase) await createHistories(administratorOf(servers.adminUrl, database.url))
    await setLatency(providerUrl, options.latencyMs)
    await startWorkers(processes, { redisUrl, prefix, providerUrl, database }, options)
    await load.atOnce(20, options.warmUp)
    await load.ends(options.warmUp)
    const cpuBefore = await processorSecondsBelow(process.pid)
    const orders = await load.atOnce(options.customers, options.orders)
    const accepted = options.warmUp + orders.length
    const endedAt = await load.ends(accepted)
    const cpuSeconds = (await processorSecondsBelow(process.pid)) - cpuBefore
    return {
      value: figuresOf({ placed: orders, endedAt }).endedPerSecond,
      more: { 'CPU ms an order': (cpuSeconds / orders.length) * 1_000 },
      accepted,
      present: options.withDatabase ? await rowsOfEveryStage(database) : endedAt.size,
    }
  } finally {
    await processes.stop()
    await load.close()
    await stopProvider()
    await database.drop()
  }
}

interface Environment {
  readonly redisUrl: string
  readonly prefix: string
  readonly providerUrl: string
  readonly database: TestDatabase
}

async function startWorkers(
  processes: Processes,
  { redisUrl, prefix, providerUrl, database }: Environment,
  { withDatabase, customers }: QueueRunOptions,
): Promise<void> {
  const starts = queueNames.map(async (stage) => {
    const port = await freePort()
    const env = {
      ...{ STAGE: stage, QUEUE_PREFIX: prefix, REDIS_URL: redisUrl, PROVIDER_URL: providerUrl },
      ...{ HTTP_PORT: String(port), DATABASE_POOL_SIZE: '20', STAGE_CONCURRENCY: String(customers) },
      ...(withDatabase ? { DATABASE_URL: database.url } : {}),
    }
    await processes.start('bench/src/results/bullmq/worker-main.ts', env, `http://127.0.0.1:${port}/readyz`)
  })
  await Promise.all(starts)
}

/** The orders that have the history of every stage. */
async function rowsOfEveryStage(database: TestDatabase): Promise<number> {
  const counts = await Promise.all(
    queueNames.map((stage) => database.ask<{ n: number }>(stage, 'SELECT count(*)::int AS n FROM job_history')),
  )
  return Math.min(...counts.map(([row]) => row?.n ?? 0))
}

function administratorOf(adminUrl: string, databaseUrl: string): string {
  const url = new URL(adminUrl)
  url.pathname = new URL(databaseUrl).pathname
  return url.href
}
