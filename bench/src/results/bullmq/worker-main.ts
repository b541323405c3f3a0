// One stage of the job queue as a process: STAGE names it. It takes jobs from the stage's queue and
// adds the next stage's.
import { createServer } from 'node:http'
import { readConfig, variables } from '@orderpipeline/config'
import { createPool } from '@orderpipeline/postgres'
import { drainOnSignals, silentLogger } from '@orderpipeline/process'
import { Queue, Worker } from 'bullmq'
import { z } from 'zod'
import { connectionOf } from './redis.ts'
import { forNextStage, handle, jobOptions, queueNames } from './stages.ts'
import type { QueuedOrder } from './stages.ts'

const config = readConfig(
  z.object({
    STAGE: z.enum(queueNames),
    QUEUE_PREFIX: variables.text(),
    REDIS_URL: variables.url(['redis']),
    PROVIDER_URL: variables.url(['http']),
    DATABASE_URL: variables.url(['postgres', 'postgresql']).optional(),
    DATABASE_POOL_SIZE: variables.integer(1, 100),
    STAGE_CONCURRENCY: variables.integer(1, 1_000),
    HTTP_PORT: variables.port(),
  }),
  process.env,
)
const { STAGE: stage, QUEUE_PREFIX: prefix, DATABASE_URL: url, PROVIDER_URL: providerUrl } = config
const database =
  url === undefined
    ? undefined
    : createPool({ url, role: stage, size: config.DATABASE_POOL_SIZE, connectTimeoutMs: 30_000 })
const connection = connectionOf(config.REDIS_URL)
const nextStage = queueNames[queueNames.indexOf(stage) + 1]
const next = nextStage && { stage: nextStage, queue: new Queue<QueuedOrder>(nextStage, { connection, prefix }) }
const worker = new Worker<QueuedOrder>(
  stage,
  async ({ data: order }) => {
    await handle(stage, order, { database, providerUrl })
    if (next) await next.queue.add('order', forNextStage(order), jobOptions(next.stage, order))
  },
  { connection, prefix, concurrency: config.STAGE_CONCURRENCY },
)
await worker.waitUntilReady()
const ready = createServer((_request, response) => response.end())
ready.listen(config.HTTP_PORT, '127.0.0.1')
drainOnSignals(
  [
    { name: 'worker', close: () => worker.close() },
    { name: 'next queue', close: () => next?.queue.close() },
    { name: 'database', close: () => database?.close() },
    { name: 'http', close: () => void ready.close() },
  ],
  { graceMs: 20_000, logger: silentLogger() },
)
