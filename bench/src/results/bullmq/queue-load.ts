// How do orders enter the job queue, and when has each left its last stage? They enter as jobs of
// the first queue, without HTTP; the last queue keeps its jobs with the time of their end.
import { randomUUIDv7 } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { Queue } from 'bullmq'
import { loadOf } from '../../sync-async/load.ts'
import type { Load, Placed } from '../../sync-async/load.ts'
import { connectionOf } from './redis.ts'
import { jobOptions, queueNames } from './stages.ts'
import type { QueuedOrder } from './stages.ts'

export interface QueueLoad extends Load {
  /** Waits until so many orders have ended; Unix milliseconds, by order. */
  ends(orders: number): Promise<ReadonlyMap<string, number>>
}

/** Without a further end for so long, the queue stands still. */
const patienceMs = 60_000
const page = 1_000

export function startQueueLoad(redisUrl: string, prefix: string): QueueLoad {
  const connection = connectionOf(redisUrl)
  const queues = queueNames.map((name) => new Queue<QueuedOrder>(name, { connection, prefix }))
  const [first, last] = [queues.at(0), queues.at(-1)]
  if (!first || !last) throw new RangeError('no queues')
  let count = 0
  const place = async (): Promise<Placed> => {
    const n = count++
    const items = [{ sku: `SKU-${String((n % 100) + 1).padStart(4, '0')}`, quantity: 1 }]
    const ids = { orderId: randomUUIDv7(), eventId: randomUUIDv7() }
    const order = { ...ids, customerId: `customer-${n % 5_000}`, items, amountCents: 499 }
    const [sentAt, startedAt] = [Date.now(), performance.now()]
    await first.add('order', order, jobOptions('orders', order))
    return { orderId: order.orderId, sentAt, answerMs: performance.now() - startedAt }
  }
  const close = async (): Promise<void> => {
    await Promise.all(queues.map((queue) => queue.close()))
  }
  return {
    ...loadOf(place, close),
    ends: async (orders) => {
      await ended(last, queues, orders)
      return await endsOf(last, orders)
    },
  }
}

async function ended(last: Queue<QueuedOrder>, queues: readonly Queue<QueuedOrder>[], orders: number): Promise<void> {
  for (let [before, changedAt] = [-1, performance.now()]; ; await sleep(50)) {
    const count = await last.getJobCountByTypes('completed')
    if (count >= orders) return
    if (count !== before) [before, changedAt] = [count, performance.now()]
    const failedCounts = await Promise.all(queues.map((queue) => queue.getJobCountByTypes('failed')))
    const failed = failedCounts.reduce((sum, each) => sum + each, 0)
    if (failed > 0) throw new Error(`${failed} jobs have failed for good`)
    if (performance.now() - changedAt > patienceMs)
      throw new Error(`${count} of ${orders} orders ended, and none in the last ${patienceMs / 1_000} s`)
  }
}

async function endsOf(last: Queue<QueuedOrder>, orders: number): Promise<Map<string, number>> {
  const ends = new Map<string, number>()
  for (let from = 0; from < orders; from += page)
    for (const { data, finishedOn } of await last.getCompleted(from, from + page - 1))
      if (finishedOn !== undefined) ends.set(data.orderId, finishedOn)
  return ends
}
