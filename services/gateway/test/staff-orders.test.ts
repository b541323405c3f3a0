// May staff alone look at orders of customers and decide about held ones, each by the scope of the
// route, and is every look and act in the order's history?
import { clearedTopic, decode, eventOf } from '@orderpipeline/order-events'
import { ordersStage } from '@orderpipeline/orders'
import { reservedEvent, until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, closeGateway, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, forged, issuer } from './tokens.ts'

const secret = 'a secret of thirty-two bytes, or a few more'
const auth = {
  ...{ AUTH_ALGORITHMS: 'HS256', AUTH_SECRET: secret, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience },
  AUTH_STAFF_SCOPE: 'shop.staff',
}
function bearer(sub: string, scope?: string) {
  return { authorization: `Bearer ${forged({ alg: 'HS256' }, sub, secret, scope === undefined ? {} : { scope })}` }
}
const customer = bearer('customer-1')
const kim = bearer('kim', 'shop.staff orders:read orders:hold')
const topics = ['orders.placed', 'orders.validated', 'orders.status', 'orders.cancelled', 'inventory.updated']

let on: GatewayTestEnvironment
let gateway: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment([...topics, 'orders.holds', clearedTopic, 'orders.dead-letters'])
  gateway = await on.start(auth)
  await until(() => gateway.relaying())
  on.bench.start(
    'orders',
    ['orders.placed', 'inventory.updated', 'orders.holds'],
    ordersStage({ now: () => new Date() }),
  )
})
afterAll(() => on.close())

interface StaffAnswer {
  readonly order: { readonly status: string; readonly customerId: string }
  readonly hold?: { readonly reasons: readonly string[]; readonly outcome?: string }
  readonly acts: readonly { readonly staff: string; readonly act: string; readonly reason: string }[]
  readonly looks: readonly { readonly staff: string; readonly looks: number }[]
}

async function heldOrder(): Promise<string> {
  const body = { items: [{ sku: 'SKU-0001', quantity: 1 }] }
  const placement = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body, headers: customer })
  const { orderId } = placement.body
  const status = async () => (await ask(`${gateway.url}/v1/orders/${orderId}`, { headers: customer })).body['status']
  await until(async () => (await status()) === 'PROCESSING', 20)
  const order = { orderId, customerId: 'customer-1', items: [], currency: 'EUR' }
  const request = { orderId, customerId: 'customer-1', reasons: ['MANY_ORDERS'] }
  await on.bench.publish([
    reservedEvent(order),
    eventOf('HoldRequested', request, { source: '/fraud-check', now: new Date() }),
  ])
  await until(async () => (await status()) === 'HELD', 20)
  await until(async () => (await on.bench.lag('orders', 'inventory.updated')) === 0)
  return orderId
}
function staffView(orderId: string, headers: Record<string, string> = kim, at = gateway) {
  return ask<StaffAnswer>(`${at.url}/v1/staff/orders/${orderId}`, { headers })
}
function decide(orderId: string, act: string, headers: Record<string, string> = kim) {
  const body = { reason: `a reason to ${act}` }
  return ask(`${gateway.url}/v1/staff/orders/${orderId}/${act}`, { body, headers })
}

test('releases a held order: the payment gets its reservation, and the history says who and why', async () => {
  const orderId = await heldOrder()
  const page = await ask<{ orders: { orderId: string; reasons: string[] }[] }>(`${gateway.url}/v1/staff/orders`, {
    headers: kim,
  })
  expect(page.body.orders.find((order) => order.orderId === orderId)).toMatchObject({ reasons: ['MANY_ORDERS'] })
  expect((await decide(orderId, 'release')).body).toEqual({ orderId, status: 'PROCESSING' })
  expect((await decide(orderId, 'release')).status).toBe(200)
  expect(await decide(orderId, 'reject')).toMatchObject({ status: 409, body: { state: 'PROCESSING' } })
  await until(async () => (await on.bench.records(clearedTopic)).length > 0)
  const cleared = (await on.bench.records(clearedTopic)).map(({ value }) => decode(value))
  expect(cleared.filter(({ data }) => data.orderId === orderId)).toMatchObject([{ type: 'StockReserved' }])
  await until(async () => ((await staffView(orderId)).body.looks[0]?.looks ?? 0) > 1)
  const { body } = await staffView(orderId)
  expect(body).toMatchObject({
    order: { status: 'PROCESSING', customerId: 'customer-1' },
    hold: { outcome: 'RELEASED' },
    acts: [{ staff: 'kim', act: 'RELEASE', reason: 'a reason to release' }],
    looks: [{ staff: 'kim' }],
  })
})

test('rejects a held order, and cancels others, for staff with the scope', async () => {
  const orderId = await heldOrder()
  expect((await decide(orderId, 'reject')).body).toEqual({ orderId, status: 'CANCELLED' })
  expect(await ask(`${gateway.url}/v1/orders/${orderId}`, { headers: customer })).toMatchObject({
    body: { status: 'CANCELLED', reason: 'FRAUD' },
  })
  expect(await decide(orderId, 'release')).toMatchObject({ status: 409, body: { state: 'CANCELLED' } })
  const body = { items: [{ sku: 'SKU-0001', quantity: 1 }] }
  const other = (await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body, headers: customer })).body.orderId
  expect(await decide(other, 'cancel')).toMatchObject({
    status: 403,
    body: { problems: [{ found: 'a token without the scope orders:cancel' }] },
  })
  expect((await decide(other, 'cancel', bearer('ada', 'shop.staff orders:cancel'))).status).toBe(200)
  expect((await staffView(other)).body.acts).toMatchObject([{ staff: 'ada', act: 'CANCEL' }])
})

const routes = [
  ['GET', '', 'orders:read'],
  ['GET', '/ID', 'orders:read'],
  ['POST', '/ID/release', 'orders:hold'],
  ['POST', '/ID/reject', 'orders:hold'],
  ['POST', '/ID/cancel', 'orders:cancel'],
] as const
test.each(routes)('%s /v1/staff/orders%s takes the scope %s besides that of staff', async (method, path, scope) => {
  const orderId = await heldOrder()
  const askRoute = (headers: Record<string, string>, at: Gateway = gateway) =>
    ask(`${at.url}/v1/staff/orders${path.replace('ID', orderId)}`, {
      ...{ method, headers },
      ...(method === 'POST' ? { body: { reason: 'a reason' } } : {}),
    })
  expect((await askRoute({})).status).toBe(401)
  for (const [token, missing] of [
    [customer, `the scopes shop.staff and ${scope}`],
    [bearer('customer-1', 'orders:read orders:hold orders:cancel'), 'the scope shop.staff'],
    [bearer('kim', 'shop.staff'), `the scope ${scope}`],
  ] as const) {
    const answer = await askRoute(token)
    expect(answer).toMatchObject({ status: 403, body: { problems: [{ found: `a token without ${missing}` }] } })
  }
  const { AUTH_STAFF_SCOPE: _, ...withoutStaff } = auth
  for (const at of [await on.start(), await on.start(withoutStaff)]) {
    expect(await askRoute(bearer('kim', `shop.staff ${scope}`), at)).toMatchObject({ status: 403 })
    await closeGateway(at)
  }
  expect((await staffView(orderId)).body.order.status).toBe('HELD')
  const token = forged({ alg: 'HS256' }, 'kim', secret, { scope: `shop.staff ${scope}` })
  expect((await askRoute({ 'x-staff-token': token })).status).toBe(200)
})

test('stores the looks of a gateway that drains', async () => {
  const orderId = await heldOrder()
  const other = await on.start(auth)
  for (let n = 0; n < 5; n++)
    expect((await staffView(orderId, bearer('ada', 'shop.staff orders:read'), other)).status).toBe(200)
  await closeGateway(other)
  const rows = await on.database.ask('orders', `SELECT looks FROM staff_looks WHERE order_id = $1 AND staff = 'ada'`, [
    orderId,
  ])
  expect(rows).toEqual([{ looks: 5 }])
})
