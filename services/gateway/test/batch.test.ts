// Does each order of a batch get its own answer, does a list of orders have an end, and can an
// order be cancelled?
import { randomUUID } from 'node:crypto'
import { until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { accepted, batchResults, orderPage, orderView } from '../src/responses.ts'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment, settle } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

let on: GatewayTestEnvironment
let gateway: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment(['orders.placed', 'orders.cancelled', 'orders.status'])
  gateway = await on.start()
})
afterAll(() => on.close())

function order(customerId = 'customer-1') {
  return { customerId, items: [{ sku: 'SKU-0001', quantity: 2 }] }
}
interface Result {
  readonly status: number
  readonly orderId?: string
  readonly repeated?: boolean
  readonly problems?: { readonly path: string }[]
}
function batch(orders: unknown, headers: Record<string, string> = {}) {
  return ask<{ results: Result[] }>(`${gateway.url}/v1/orders/batch`, { body: { orders }, headers })
}

test('each order of a batch has its own key and answer', async () => {
  const [first, second] = [randomUUID(), randomUUID()]
  const { status, body } = await batch([
    { ...order(), idempotencyKey: first },
    { ...order(), idempotencyKey: first },
    { ...order(), idempotencyKey: second, currency: 'euro' },
    { ...order(), items: [] },
    'an order',
    { ...order(), idempotencyKey: first, currency: 'USD' },
    order('customer-2'),
  ])
  expect(status).toBe(207)
  expect(body.results.map((result) => result.status)).toEqual([202, 202, 400, 400, 400, 422, 202])
  const [one, same, wrong] = body.results
  expect(same).toMatchObject({ orderId: one?.orderId, repeated: true })
  expect(wrong?.problems).toMatchObject([{ path: 'currency' }])
  expect(() => batchResults.parse(body)).not.toThrow()
  const again = await batch([{ ...order(), idempotencyKey: first }])
  expect(again.body.results).toMatchObject([{ orderId: one?.orderId, repeated: true }])
})

test('repeating a batch under its Idempotency-Key places nothing twice', async () => {
  const key = { 'idempotency-key': `batch-${randomUUID()}` }
  const own = randomUUID()
  const orders = [order(), order(), { ...order(), idempotencyKey: own }, { ...order(), items: [] }]
  const first = await batch(orders, key)
  const again = await batch(orders, key)
  expect(first.body.results.map(({ status, repeated }) => [status, repeated])).toEqual([
    [202, false],
    [202, false],
    [202, false],
    [400, undefined],
  ])
  expect(again.body.results.map(({ orderId }) => orderId)).toEqual(first.body.results.map(({ orderId }) => orderId))
  expect(again.body.results.map(({ repeated }) => repeated)).toEqual([true, true, true, undefined])
  expect((await batch([{ ...order(), idempotencyKey: own }])).body.results).toMatchObject([{ repeated: true }])
  const conflict = await batch([{ ...order(), currency: 'USD' }], key)
  expect(conflict.body.results).toMatchObject([{ status: 422, title: 'Idempotency Conflict' }])
  expect((await batch([order()], { 'idempotency-key': 'two words' })).status).toBe(400)
})

test('cancels an order for a client that always sends a content type', async () => {
  const { body } = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body: order() })
  const headers = { 'content-type': 'application/json' }
  const answer = await ask(`${gateway.url}/v1/orders/${body.orderId}`, { method: 'DELETE', headers })
  expect(answer).toMatchObject({ status: 200, body: { status: 'CANCELLED' } })
})

test('places all of a hundred orders in a batch', async () => {
  const customer = `batch-${randomUUID()}`
  const many = Array.from({ length: 100 }, () => order(customer))
  const { status, body } = await batch(many)
  expect(status).toBe(207)
  const ids = body.results.map(({ orderId }) => orderId)
  expect(new Set(ids).size).toBe(100)
  expect((await batch([...many, order()])).status).toBe(400)
  expect((await batch([])).status).toBe(400)
  const rows = await on.database.ask('orders', 'SELECT FROM orders WHERE customer_id = $1', [customer])
  expect(rows).toHaveLength(100)
})

test('lists a customer’s orders newest first, once each, while more arrive', async () => {
  const customer = `list-${randomUUID()}`
  const orderIds: string[] = []
  for (let n = 0; n < 7; n++)
    orderIds.push((await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body: order(customer) })).body.orderId)
  const listedIds: string[] = []
  let pages = 0
  for (let cursor = ''; ; pages++) {
    const { body } = await ask<{ orders: { orderId: string }[]; next?: string }>(
      `${gateway.url}/v1/orders?customer=${customer}&limit=3${cursor && `&cursor=${cursor}`}`,
    )
    expect(() => orderPage.parse(body)).not.toThrow()
    listedIds.push(...body.orders.map(({ orderId }) => orderId))
    if (body.next === undefined) break
    cursor = body.next
    await ask(`${gateway.url}/v1/orders`, { body: order(customer) })
  }
  expect(listedIds).toEqual(orderIds.reverse())
  expect(pages).toBe(2)
})

test('names the field of a list that cannot be read', async () => {
  const problems = async (query: string) => {
    const { status, body } = await ask<{ problems: { path: string }[] }>(`${gateway.url}/v1/orders${query}`)
    return [status, ...(body.problems ?? []).map(({ path }) => path)]
  }
  expect(await problems('')).toEqual([400, 'customer'])
  expect(await problems('?customer=a&limit=101&cursor=7')).toEqual([400, 'cursor', 'limit'])
  expect(await problems(`?customer=a&page=2`)).toEqual([400, 'page'])
  const none = await ask(`${gateway.url}/v1/orders?customer=nobody-${randomUUID()}`)
  expect(none.body).toEqual({ orders: [] })
})

test('answers match the document', async () => {
  const placement = await ask<{ trackingUrl: string }>(`${gateway.url}/v1/orders`, { body: order() })
  expect(accepted.strict().parse(placement.body)).toEqual(placement.body)
  const view = await ask(`${gateway.url}${placement.body.trackingUrl}`)
  expect(orderView.strict().parse(view.body)).toEqual(view.body)
})

test('cancels an order once and tells every stage', async () => {
  const { body } = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body: order() })
  const url = `${gateway.url}/v1/orders/${body.orderId}`
  for (let n = 0; n < 2; n++) {
    const answer = await ask(url, { method: 'DELETE' })
    expect(answer).toMatchObject({ status: 200, body: { orderId: body.orderId, status: 'CANCELLED' } })
  }
  expect((await ask(url)).body).toMatchObject({ status: 'CANCELLED', reason: 'CUSTOMER' })
  const cancellations = async () =>
    (await on.bench.events('orders.cancelled')).filter(({ data }) => data.orderId === body.orderId)
  await until(async () => (await cancellations()).length > 0)
  expect(await cancellations()).toHaveLength(1)
})

test('refuses to cancel a shipped order and says so', async () => {
  const { body } = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body: order() })
  await settle(on.database, body.orderId, 'OrderShipped', 'SHIPPED')
  const answer = await ask(`${gateway.url}/v1/orders/${body.orderId}`, { method: 'DELETE' })
  expect(answer).toMatchObject({ status: 409, body: { title: 'Too Late', state: 'SHIPPED' } })
  expect((await ask(`${gateway.url}/v1/orders/${randomUUID()}`, { method: 'DELETE' })).status).toBe(404)
})
