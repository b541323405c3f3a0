// Does a caller learn in time what happens to an order, by waiting for it or by following its
// events?
import { randomUUID } from 'node:crypto'
import { until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, closeGateway, gatewayTestEnvironment, settle } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

let on: GatewayTestEnvironment
let gateway: Gateway
/** Answers of this one may take long, for what must happen before them on a busy machine. */
let patient: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  gateway = await on.start()
  patient = await on.start({ SYNC_MAX_WAIT_SECONDS: '25' })
})
afterAll(() => on.close())

const order = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 2 }] }
interface Placed {
  readonly orderId: string
  readonly status: string
  readonly reason?: string
  readonly trackingUrl: string
}
async function place(at = gateway) {
  return (await ask<Placed>(`${at.url}/v1/orders`, { body: order })).body.orderId
}
function placeSync(headers: Record<string, string> = {}, at = gateway) {
  return ask<Placed>(`${at.url}/v1/orders/sync`, { body: order, headers })
}
async function metricValue(metric: string, at = gateway): Promise<number> {
  const metrics = await (await fetch(`${at.metricsUrl}/metrics`)).text()
  return Number(new RegExp(`^${metric} (.*)$`, 'm').exec(metrics)?.[1])
}
async function newest() {
  const rows = await on.database.ask<{ id: string }>('orders', 'SELECT max(order_id::text) AS id FROM orders')
  return rows[0]?.id ?? ''
}

/** The events of a stream as they come, until it ends or the reader leaves. */
async function follow(orderId: string, headers: Record<string, string> = {}, at = gateway) {
  const leaving = new AbortController()
  const response = await fetch(`${at.url}/v1/orders/${orderId}/events`, { headers, signal: leaving.signal })
  let text = ''
  const streamEnd = (async () => {
    const decoder = new TextDecoder()
    const body: AsyncIterable<Uint8Array> | [] = response.body ?? []
    for await (const part of body) text += decoder.decode(part, { stream: true })
  })()
  streamEnd.catch(() => undefined)
  const events = () =>
    [...text.matchAll(/^id: (.*)\nevent: progress\ndata: (.*)\n\n/gm)].map(([, id, data]) => ({
      id,
      ...(JSON.parse(data ?? '') as { event: string; status?: string }),
    }))
  const leave = () => leaving.abort()
  return {
    status: response.status,
    headers: response.headers,
    events,
    names: () => events().map((e) => e.event),
    text: () => text,
    ended: streamEnd,
    leave,
  }
}

test('answers a synchronous order as soon as its outcome is known', async () => {
  const answering = placeSync()
  await until(async () => (await metricValue('gateway_sync_waiting')) === 1, 20)
  await settle(on.database, await newest(), 'OrderValidated', 'PROCESSING')
  await settle(on.database, await newest(), 'OrderConfirmed', 'CONFIRMED')
  const { status, body, headers } = await answering
  expect([status, body.status, headers.get('preference-applied')]).toEqual([200, 'CONFIRMED', 'wait=10'])
  expect(body.trackingUrl).toBe(`/v1/orders/${body.orderId}`)
})

test('a rejected order is an outcome too', async () => {
  const answering = placeSync({ prefer: 'wait=25' }, patient)
  await until(async () => (await metricValue('gateway_sync_waiting', patient)) === 1, 20)
  await settle(on.database, await newest(), 'OrderCancelled', 'CANCELLED', 'OUT_OF_STOCK')
  expect(await answering).toMatchObject({ status: 200, body: { status: 'CANCELLED', reason: 'OUT_OF_STOCK' } })
})

test('answers with 202 after the time that the caller prefers to wait', async () => {
  for (const wait of ['wait=1', 'wait=0']) {
    const { status, body, headers } = await placeSync({ prefer: wait })
    expect([status, body.status, headers.get('location')]).toEqual([202, 'PLACED', `/v1/orders/${body.orderId}`])
    expect(headers.get('preference-applied')).toBe(wait)
  }
  expect(await metricValue('gateway_sync_waiting')).toBe(0)
})

test('answers with the current status when the outcome takes longer', async () => {
  const inTime = async () => {
    let isAnswered = false
    const answering = placeSync({ prefer: 'wait=2' }).finally(() => (isAnswered = true))
    await until(async () => isAnswered || (await metricValue('gateway_sync_waiting')) === 1, 20)
    await settle(on.database, await newest(), 'OrderValidated', 'PROCESSING')
    const { status, body } = await answering
    expect(status).toBe(202)
    // As placed, where the machine stood still for longer than the wait.
    return body.status === 'PROCESSING'
  }
  await until(inTime)
  expect((await placeSync({ prefer: 'respond-async' })).status).toBe(202)
})

test('places an order without waiting beyond the limit of waiting callers', async () => {
  const small = await on.start({ SYNC_MAX_WAITING: '1', SYNC_MAX_WAIT_SECONDS: '25' })
  const waiting = placeSync({ prefer: 'wait=25' }, small)
  await until(async () => (await metricValue('gateway_sync_waiting', small)) === 1, 20)
  const waitingFor = await newest()
  const second = await placeSync({ prefer: 'wait=25' }, small)
  expect(second.status).toBe(202)
  expect((await ask(`${gateway.url}${second.body.trackingUrl}`)).status).toBe(200)
  await settle(on.database, waitingFor, 'OrderConfirmed', 'CONFIRMED')
  expect((await waiting).status).toBe(200)
})

test('serves hundreds of waiting callers with one query at a time', async () => {
  const statements = async () =>
    (
      await on.database.ask<{ n: number }>(
        'orders',
        `SELECT count(*)::int AS n FROM pg_stat_activity
         WHERE datname = current_database() AND application_name LIKE 'gateway%' AND state = 'active' AND query LIKE '%order_events%'`,
      )
    )[0]?.n ?? 0
  const waiting = Array.from({ length: 300 }, () => placeSync({ prefer: 'wait=25' }, patient))
  await until(async () => (await metricValue('gateway_sync_waiting', patient)) === 300, 20)
  let most = 0
  for (let n = 0; n < 30; n++) most = Math.max(most, await statements())
  expect(most).toBeLessThanOrEqual(1)
  await on.database.ask('orders', `UPDATE orders SET status = 'CONFIRMED' WHERE status = 'PLACED'`)
  for (const { status, body } of await Promise.all(waiting)) expect([status, body.status]).toEqual([200, 'CONFIRMED'])
  expect(await metricValue('gateway_orders_watched', patient)).toBe(0)
})

test('ends the wait of a caller that disconnects', async () => {
  const leaving = new AbortController()
  const answering = fetch(`${gateway.url}/v1/orders/sync`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(order),
    signal: leaving.signal,
  }).catch(() => undefined)
  await until(async () => (await metricValue('gateway_sync_waiting')) === 1, 20)
  leaving.abort()
  await answering
  await until(async () => (await metricValue('gateway_sync_waiting')) === 0, 20)
})

test('streams an order step by step until its end', async () => {
  const orderId = await place()
  const stream = await follow(orderId)
  expect(stream.headers.get('content-type')).toContain('text/event-stream')
  await until(() => stream.names().length === 1, 20)
  await settle(on.database, orderId, 'StockReserved')
  await until(() => stream.names().length === 2, 20)
  await settle(on.database, orderId, 'OrderConfirmed', 'CONFIRMED')
  await settle(on.database, orderId, 'OrderShipped', 'SHIPPED')
  await stream.ended
  expect(stream.names()).toEqual(['OrderPlaced', 'StockReserved', 'OrderConfirmed', 'OrderShipped'])
  expect(stream.text()).toMatch(/^retry: \d+\n\n/)
  await until(async () => (await metricValue('gateway_event_streams')) === 0, 20)
})

test('sends missed steps on reconnect, and says when no more will follow', async () => {
  const orderId = await place()
  const first = await follow(orderId)
  await until(() => first.names().length === 1, 20)
  first.leave()
  await settle(on.database, orderId, 'OrderValidated', 'PROCESSING')
  await settle(on.database, orderId, 'OrderCancelled', 'CANCELLED', 'CUSTOMER')
  const second = await follow(orderId, { 'last-event-id': first.events()[0]?.id ?? '' })
  await second.ended
  expect(second.names()).toEqual(['OrderValidated', 'OrderCancelled'])
  expect((await follow(orderId, { 'last-event-id': second.events().at(-1)?.id ?? '' })).status).toBe(204)
})

test('sends keep-alives, and ends a stream at its maximum age', async () => {
  const old = await on.start({ EVENTS_HEARTBEAT_SECONDS: '0.1', EVENTS_MAX_AGE_SECONDS: '1' })
  const stream = await follow(await place(old), {}, old)
  await until(() => stream.text().includes(': still here\n\n'), 20)
  await stream.ended
  expect(stream.names()).toEqual(['OrderPlaced'])
})

test('refuses a stream beyond the limit, and frees the place of a closed one', async () => {
  const small = await on.start({ EVENTS_MAX_STREAMS: '1' })
  const orderId = await place(small)
  const first = await follow(orderId, {}, small)
  const refusal = await follow(orderId, {}, small)
  expect([refusal.status, refusal.headers.get('retry-after')]).toEqual([503, '5'])
  first.leave()
  await until(async () => {
    const again = await follow(orderId, {}, small)
    again.leave()
    return again.status === 200
  })
})

test('opens no stream for an unknown order', async () => {
  expect((await follow(randomUUID())).status).toBe(404)
  expect((await follow('7')).status).toBe(400)
})

test('answers waiting callers and ends streams at once on shutdown', async () => {
  const leaving = await on.start()
  const waiting = placeSync({ prefer: 'wait=10' }, leaving)
  const stream = await follow(await place(leaving), {}, leaving)
  await until(async () => (await metricValue('gateway_sync_waiting', leaving)) === 1, 20)
  await closeGateway(leaving)
  expect((await waiting).status).toBe(202)
  await stream.ended
})

test('waiting callers survive the loss of every database connection', async () => {
  const answering = placeSync({ prefer: 'wait=25' }, patient)
  await until(async () => (await metricValue('gateway_sync_waiting', patient)) === 1, 20)
  const orderId = await newest()
  expect(await on.database.throwOut()).toBeGreaterThan(0)
  await until(() =>
    settle(on.database, orderId, 'OrderConfirmed', 'CONFIRMED').then(
      () => true,
      () => false,
    ),
  )
  expect(await answering).toMatchObject({ status: 200, body: { orderId, status: 'CONFIRMED' } })
})
