// Is the catalogue changed by the shop's staff alone, and does a product's answer show its
// availability as soon as the inventory publishes it?
import { productEventOf } from '@orderpipeline/order-events'
import { ordersStage } from '@orderpipeline/orders'
import { until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import type { OwnRedis } from '@orderpipeline/test-support/own-redis'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, forged, issuer } from './tokens.ts'

const secret = 'a secret of thirty-two bytes, or a few more'
const auth = { AUTH_ALGORITHMS: 'HS256', AUTH_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience }
function bearer(claims: object) {
  return {
    authorization: `Bearer ${forged({ alg: 'HS256' }, 'kim', secret, { ...claims })}`,
  }
}
const staff = bearer({ scope: 'openid shop.staff' })

let on: GatewayTestEnvironment
let redis: OwnRedis
let gateway: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment(['orders.placed', 'inventory.stock', 'orders.dead-letters'])
  redis = await ownRedis()
  gateway = await on.start({ ...auth, AUTH_STAFF_SCOPE: 'shop.staff', REDIS_URL: redis.url })
  await until(() => gateway.relaying())
})
afterAll(async () => {
  await on.close()
  await redis.close()
})

const lamp = { name: 'Lamp, 3 W', priceCents: 1999, currency: 'EUR' }
async function showProduct(sku: string) {
  return (await ask(`${gateway.url}/v1/products/${sku}`)).body
}
function put(sku: string, body: object, headers: Record<string, string> = staff, at = gateway) {
  return ask(`${at.url}/v1/products/${sku}`, { method: 'PUT', body, headers })
}

test('adds, changes and removes a product at once', async () => {
  const createAnswer = await put('LAMP-3W', { ...lamp, prices: [{ currency: 'JPY', priceCents: 3200 }] })
  expect(createAnswer).toMatchObject({ status: 201, body: { sku: 'LAMP-3W', name: 'Lamp, 3 W' } })
  expect(await showProduct('LAMP-3W')).toEqual(createAnswer.body)
  const changeAnswer = await put('LAMP-3W', {
    ...lamp,
    priceCents: 1799,
    prices: [{ currency: 'CHF', priceCents: 2100 }],
  })
  expect(changeAnswer).toMatchObject({
    status: 200,
    body: { priceCents: 1799, prices: [{ currency: 'CHF', priceCents: 2100 }, { currency: 'EUR' }] },
  })
  await until(async () => (await showProduct('LAMP-3W'))['priceCents'] === 1799)
  const item = { items: [{ sku: 'LAMP-3W', quantity: 1 }] }
  const headers = bearer({})
  const placement = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body: item, headers })
  expect(placement.status).toBe(202)
  const removing = () => ask(`${gateway.url}/v1/products/LAMP-3W`, { method: 'DELETE', headers: staff })
  expect(await removing()).toMatchObject({ status: 200, body: { sku: 'LAMP-3W' } })
  expect((await removing()).status).toBe(404)
  await until(async () => (await ask(`${gateway.url}/v1/products/LAMP-3W`)).status === 404)
  expect((await ask(`${gateway.url}/v1/orders`, { body: item, headers })).status).toBe(422)
  const order = await ask(`${gateway.url}/v1/orders/${placement.body.orderId}`, { headers })
  expect(order.body).toMatchObject({ totalCents: 1799 })
})

test.each([
  ['two prices in one currency', { ...lamp, prices: [{ currency: 'EUR', priceCents: 1 }] }, 422, 'prices[0].currency'],
  ['no name', { ...lamp, name: '' }, 400, 'name'],
  ['a negative price', { ...lamp, priceCents: -1 }, 400, 'priceCents'],
  ['a field that is none', { ...lamp, colour: 'red' }, 400, 'colour'],
])('refuses a product with %s and changes nothing', async (_what, body, status, path) => {
  const answer = await put('NEW-1', body)
  expect(answer).toMatchObject({ status, body: { problems: [{ path }] } })
  expect((await ask(`${gateway.url}/v1/products/NEW-1`)).status).toBe(404)
})

const routes = [
  ['PUT', '/v1/products/SKU-0001', lamp],
  ['DELETE', '/products/SKU-0001', undefined],
  ['GET', '/v1/stock', undefined],
] as const
test.each(routes)('%s %s is for staff alone and off by default', async (method, path, body) => {
  const askRoute = (headers: Record<string, string>, at: Gateway) =>
    ask(`${at.url}${path}`, { method, ...(body ? { body } : {}), headers })
  expect((await askRoute({}, gateway)).status).toBe(401)
  for (const claims of [
    {},
    { scope: 'openid' },
    { scope: 'shop.staffing' },
    { scp: ['shop'] },
    { sub: '', scope: 'shop.staff' },
  ]) {
    const answer = await askRoute(bearer(claims), gateway)
    expect(answer).toMatchObject({ status: 403, body: { problems: [{ path: 'authorization' }] } })
  }
  const [open, withoutScope] = [await on.start(), await on.start(auth)]
  for (const at of [open, withoutScope])
    expect(await askRoute(staff, at)).toMatchObject({ status: 403, body: { detail: 'only staff may do this' } })
  expect(await showProduct('SKU-0001')).toMatchObject({ name: 'Product 1' })
  expect((await askRoute(bearer({ scp: ['a', 'shop.staff'] }), gateway)).status).toBe(200)
  await put('SKU-0001', { name: 'Product 1', priceCents: 1, currency: 'EUR' })
})

test('shows stock levels as soon as inventory reports them, newest first', async () => {
  const stage = on.bench.start('orders', ['inventory.stock'], ordersStage({ now: () => new Date() }))
  const level = (sku: string, available: number, version: number, low = available < 10) =>
    productEventOf(
      'StockLevelChanged',
      { sku, available, version, low },
      { source: '/inventory', now: new Date() },
      String(version),
    )
  const availability = async () => (await showProduct('SKU-0005'))['availability']
  expect(await availability()).toBeUndefined()
  for (const [available, version, word] of [
    [100, 1, 'IN_STOCK'],
    [9, 2, 'LOW'],
    [0, 3, 'SOLD_OUT'],
    [50, 4, 'IN_STOCK'],
  ] as const) {
    await on.bench.publish([level('SKU-0005', available, version), level('SKU-0006', 5, version)])
    await until(async () => (await availability()) === word, 20)
  }
  await on.bench.publish([level('SKU-0005', 0, 2), level('SKU-0005', 0, 4), level('SKU-0006', 4, 9)])
  const stock = async (query = '') =>
    (
      await ask<{ stock: { sku: string; available: number }[]; next?: string }>(`${gateway.url}/v1/stock${query}`, {
        headers: staff,
      })
    ).body
  await until(async () => (await stock('?low=true')).stock[0]?.available === 4, 20)
  expect((await stock('?low=true')).stock.map(({ sku }) => sku)).toEqual(['SKU-0006'])
  expect(await stock('?limit=1')).toMatchObject({ stock: [{ sku: 'SKU-0005', available: 50 }], next: 'SKU-0005' })
  expect(await stock('?cursor=SKU-0005')).toMatchObject({ stock: [{ sku: 'SKU-0006', available: 4, low: true }] })
  const skusOf = async (query: string) => (await stock(query)).stock.map(({ sku }) => sku)
  expect(await skusOf('?prefix=SKU-')).toEqual(['SKU-0005', 'SKU-0006'])
  expect(await skusOf('?prefix=SKU-0006')).toEqual(['SKU-0006'])
  expect(await skusOf('?prefix=KU-0006')).toEqual([])
  expect(await skusOf('?skus=SKU-0006,SKU-9999')).toEqual(['SKU-0006'])
  expect(await availability()).toBe('IN_STOCK')
  expect(await on.bench.records('orders.dead-letters')).toEqual([])
  await stage.drain()
})
