// Does every order reach its one end although Kafka is unavailable, slow, or silent while it is
// under way, and are orders accepted all the time?
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '@orderpipeline/stage/testing'
import { endurance } from '../src/endurance.ts'
import type { Endurance } from '../src/endurance.ts'
import { startPlatform } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'

let platform: Platform
let orders: Endurance
beforeAll(async () => {
  platform = await startPlatform()
  platform.startAll()
  orders = endurance(platform)
}, 300_000)
afterAll(() => platform.close(), 120_000)

function get(path: string) {
  return fetch(`${platform.gateway.url}${path}`, { signal: AbortSignal.timeout(60_000) })
}

/** Without Kafka an order is as durable as with it: accepted at once, shown, cancelled. */
async function expectAccepted(): Promise<void> {
  const { orderId, before } = await orders.place()
  expect(before).toEqual([])
  const response = await get(`/v1/orders/${orderId}`)
  expect(response.status).toBe(200)
  expect(await response.json()).toMatchObject({ orderId, status: 'PLACED' })
}

test('Kafka is away: orders are accepted, queues unknown, and all is made up later', async () => {
  await orders.through(async () => {
    await platform.links.kafka.down()
    await expectAccepted()
    // A reading from just before counts for a moment more (QUEUES_CACHE_SECONDS).
    await until(async () => (await get('/health/queues?strict')).status === 503)
    await sleep(10_000)
    await expectAccepted()
    await platform.links.kafka.restore()
    await until(async () => (await get('/health/queues?strict')).status === 200)
  })
}, 300_000)

test('Kafka is slow: orders are accepted and end later', async () => {
  await orders.through(async () => {
    platform.links.kafka.slow(150)
    expect((await orders.place()).before).toEqual([])
    await sleep(8_000)
    await platform.links.kafka.restore()
  })
}, 300_000)

test('Kafka is silent: like an outage, and late answers do no harm', async () => {
  await orders.through(async () => {
    platform.links.kafka.hang()
    await expectAccepted()
    // A reading from just before counts for a moment more (QUEUES_CACHE_SECONDS).
    await until(async () => (await get('/health/queues?strict')).status === 503)
    await sleep(35_000)
    await expectAccepted()
    await platform.links.kafka.restore()
    await until(async () => (await get('/health/queues?strict')).status === 200)
  })
}, 300_000)
