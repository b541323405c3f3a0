// Does a log line lead to its order, and an order's id to all log lines about it? A stage with a
// failing order, on a real Kafka.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { createLogger } from '@orderpipeline/process'
import type { OrderEvent } from '@orderpipeline/order-events'
import type { StageDefinition } from '../src/index.ts'
import { stageBench, testDatabase, testOrder, until, validatedEvent } from '../src/testing/index.ts'
import type { Bench, TestDatabase } from '../src/testing/index.ts'

interface Line extends Readonly<Record<string, unknown>> {
  readonly level: string
  readonly message: string
  readonly messages?: readonly Readonly<Record<string, unknown>>[]
}

const lines: Line[] = []
const logger = createLogger({
  service: 'story',
  level: 'debug',
  destination: { write: (text) => void lines.push(JSON.parse(text) as Line) },
})
let database: TestDatabase
let bench: Bench
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  const topics = ['orders.validated', 'story.dead-letters']
  const where = { kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url }
  bench = await stageBench({ ...where, topics, partitions: 1, logger })
})
afterAll(async () => {
  await bench.close()
  await database.drop()
})

const traceId = '0af7651916cd43dd8448eb211c80319c'
function event(n: number): OrderEvent {
  return {
    ...validatedEvent(testOrder(n, { 'SKU-0001': 1 })),
    correlationId: `request-${n}`,
    traceparent: `00-${traceId}-b7ad6b7169203331-01`,
  }
}

test('the logs show an order’s story by its id, and name the message of each error', async () => {
  const [failing, ...others] = [1, 2, 3, 4].map(event) as [OrderEvent, ...OrderEvent[]]
  const { orderId } = failing.data
  let calls = 0
  const definition: StageDefinition<undefined> = {
    role: 'notification',
    handles: ['OrderValidated'],
    prepare: ({ data }) =>
      data.orderId === orderId && calls++ === 0 ? Promise.reject(new Error('no answer')) : Promise.resolve(undefined),
    apply: () =>
      Promise.resolve((_tx, items) => {
        if (items.some((item) => item.event.data.orderId === orderId)) throw new TypeError('a bug')
        return []
      }),
  }
  const replica = bench.start('story', ['orders.validated'], definition)
  await bench.publish([failing, ...others])
  await until(async () => (await bench.lag('story', 'orders.validated')) === 0)
  await replica.drain()

  const trouble = lines.filter(({ level }) => level === 'warn' || level === 'error')
  const own = trouble.flatMap((line) => {
    const about = line.messages ?? [line]
    return about.filter((one) => one['orderId'] === orderId).map((one) => ({ line: line.message, about: one }))
  })
  const story = own.map(({ line }) => line)
  expect(story[0]).toBe('preparation failed; trying again')
  expect(story).toContain('transaction failed; trying again')
  expect(story.at(-1)).toBe('a message goes to the dead-letter topic')
  for (const { about } of own) {
    expect(about).toMatchObject({
      eventId: failing.id,
      eventType: 'OrderValidated',
      topic: `${bench.prefix}orders.validated`,
      partition: 0,
      offset: '0',
      correlationId: 'request-1',
      traceId,
    })
  }
  const mute = trouble.filter(({ messages, ...line }) => line['orderId'] === undefined && messages === undefined)
  expect(mute.filter((line) => line['kafka'] === undefined)).toEqual([])
})
