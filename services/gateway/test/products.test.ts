// Are products shown from Redis, up to date as soon as they change, and also without it?
import { until } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { createCache } from '../src/order-read-model/cache.ts'
import { createProductCache } from '../src/order-read-model/product-cache.ts'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import type { OwnRedis } from '@orderpipeline/test-support/own-redis'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

let on: GatewayTestEnvironment
let redis: OwnRedis
let gateway: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  redis = await ownRedis()
  gateway = await on.start({ REDIS_URL: redis.url, REDIS_TIMEOUT_SECONDS: '10' })
  await until(() => gateway.relaying())
})
afterAll(async () => {
  await on.close()
  await redis.close()
})

interface Product {
  readonly sku: string
  readonly priceCents: number
}
async function price(sku: string, at = gateway) {
  return (await ask<Product>(`${at.url}/v1/products/${sku}`)).body.priceCents
}
function setPrice(sku: string, cents: number) {
  return on.database.ask('orders', 'UPDATE products SET price_cents = $2 WHERE sku = $1', [sku, cents])
}
async function lookupCount(result: string): Promise<number> {
  const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  const line = new RegExp(`^gateway_product_cache_total\\{result="${result}"\\} (.*)$`, 'm').exec(metrics)
  return Number(line?.[1] ?? 0)
}

test('reads a product once and serves it from Redis on every gateway', async () => {
  await until(async () => (await price('SKU-0001')) > 0 && (await lookupCount('hit')) > 0)
  const [misses, hit] = [await lookupCount('miss'), await lookupCount('hit')]
  for (let n = 0; n < 5; n++) await price('SKU-0001')
  expect([await lookupCount('miss'), await lookupCount('hit')]).toEqual([misses, hit + 5])
})

test('shows a change at once, long before the cache entry expires', async () => {
  await price('SKU-0002')
  await until(async () => (await lookupCount('hit')) > 0 && (await price('SKU-0002')) > 0)
  for (const cents of [111, 222]) {
    await setPrice('SKU-0002', cents)
    await until(async () => (await price('SKU-0002')) === cents, 20)
  }
  await on.database.ask('orders', `DELETE FROM products WHERE sku = 'SKU-0002'`)
  await until(async () => (await ask(`${gateway.url}/v1/products/SKU-0002`)).status === 404, 20)
})

test('drops a product read before a change from the cache', async () => {
  const client = new Redis(redis.url)
  const reads: ((priceCents: number) => void)[] = []
  const products = createProductCache({
    cache: createCache(client, () => performance.now()),
    pipeline: 'changing',
    read: (sku) =>
      new Promise((resolve) =>
        reads.push((priceCents) => resolve({ sku, name: 'It', priceCents, currency: 'EUR', prices: [] })),
      ),
    registry: createRegistry(),
  })
  const ask = async () => (await products.bySku('SKU-0001'))?.priceCents
  try {
    await until(() => client.status === 'ready')
    const before = ask()
    await until(() => reads.length === 1)
    products.forget('SKU-0001')
    const after = ask()
    await until(() => reads.length === 2)
    reads[1]?.(222)
    expect(await after).toBe(222)
    reads[0]?.(111)
    expect(await before).toBe(111)
    expect(await ask()).toBe(222)
    expect(reads).toHaveLength(2)
  } finally {
    client.disconnect()
  }
})

test('serves products from the database without Redis, and from Redis again later', async () => {
  await redis.kill()
  for (const cents of [333, 444]) {
    await setPrice('SKU-0003', cents)
    expect(await price('SKU-0003')).toBe(cents)
  }
  expect(await lookupCount('away')).toBeGreaterThan(0)
  await redis.start()
  const before = await lookupCount('hit')
  await until(async () => (await price('SKU-0003')) === 444 && (await lookupCount('hit')) > before)
  const none = await on.start()
  expect(await price('SKU-0003', none)).toBe(444)
})

test.each(['cursor', 'after'])('lists products by SKU page by page, by %s', async (parameter) => {
  const skus: string[] = []
  for (let after = ''; ;) {
    const { body } = await ask<{ products: Product[]; next?: string }>(
      `${gateway.url}/v1/products?limit=7${after && `&${parameter}=${after}`}`,
    )
    skus.push(...body.products.map(({ sku }) => sku))
    if (body.next === undefined) break
    after = body.next
  }
  const rows = await on.database.ask<{ sku: string }>('orders', 'SELECT sku FROM products ORDER BY sku')
  expect(skus).toEqual(rows.map(({ sku }) => sku))
  expect((await ask(`${gateway.url}/v1/products/none`)).status).toBe(400)
})
