// Can every customer order, and does every limit still hold, although Redis is unavailable, slow,
// or silent?
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '@orderpipeline/stage/testing'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import type { OwnRedis } from '@orderpipeline/test-support/own-redis'
import { endurance } from '../src/endurance.ts'
import type { Endurance } from '../src/endurance.ts'
import { startPlatform, through } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { startFaultyLink } from '@orderpipeline/test-support/faulty-link'
import type { FaultyLink } from '@orderpipeline/test-support/faulty-link'

const limit = 100

let redis: OwnRedis
let link: FaultyLink
let platform: Platform
let orders: Endurance
beforeAll(async () => {
  redis = await ownRedis()
  link = await startFaultyLink({ host: '127.0.0.1', port: Number(new URL(redis.url).port) })
  platform = await startPlatform({
    gateway: {
      REDIS_URL: through(link, redis.url),
      REDIS_TIMEOUT_SECONDS: '0.2',
      RATE_LIMIT_PER_CUSTOMER: String(limit),
      RATE_LIMIT_WINDOW_SECONDS: '3600',
    },
  })
  platform.startAll()
  orders = endurance(platform)
}, 300_000)
afterAll(async () => {
  await link.restore()
  await platform.close()
  await link.close()
  await redis.close()
})

async function countsOrders(how: 'together' | 'alone'): Promise<boolean> {
  await orders.place()
  const metrics = await (await fetch(`${platform.gateway.metricsUrl}/metrics`)).text()
  return metrics.includes(`\ngateway_rate_limit_shared ${how === 'together' ? 1 : 0}\n`)
}
/** How many of a few orders too many are accepted; the others get a time to retry. */
async function acceptedOf(customerId: string): Promise<number> {
  let accepted = 0
  for (let n = 0; n < limit + 5; n++) {
    const response = await fetch(`${platform.gateway.url}/v1/orders`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ customerId, items: [{ sku: 'SKU-0003', quantity: 1 }] }),
      signal: AbortSignal.timeout(60_000),
    })
    if (response.status === 202) {
      orders.accepted(((await response.json()) as { orderId: string }).orderId)
      accepted++
    } else {
      expect(response.status).toBe(429)
      expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
    }
  }
  return accepted
}

test('Redis is away: each gateway counts alone, and orders go on', async () => {
  await orders.through(async () => {
    await until(() => countsOrders('together'))
    await link.down()
    await until(() => countsOrders('alone'))
    expect(await acceptedOf('without')).toBe(limit)
    await link.restore()
    await until(() => countsOrders('together'))
  })
}, 300_000)

test('Redis exceeds its time-out: like an outage', async () => {
  await orders.through(async () => {
    link.slow(1_000)
    await until(() => countsOrders('alone'))
    expect((await orders.place()).before).toEqual([])
    await sleep(3_000)
    await link.restore()
    await until(() => countsOrders('together'))
  })
}, 300_000)

test('Redis is silent: each gateway counts alone, and orders go on', async () => {
  await orders.through(async () => {
    link.hang()
    await until(() => countsOrders('alone'))
    expect(await acceptedOf('unheard')).toBe(limit)
    await link.restore()
    await until(() => countsOrders('together'))
  })
}, 300_000)
