// Is an order placed once, however often and however much at once it is sent? Through two gateways,
// so that nothing but the database can be what keeps it so.
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { Agent, request } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, closeGateway, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

let on: GatewayTestEnvironment
let gateways: Gateway[]
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  gateways = [await on.start(), await on.start()]
})
afterAll(() => on.close())

const [keys, times, lanes] = [1_000, 50, 200]

const agent = new Agent({ keepAlive: true })
afterAll(() => agent.destroy())

/** By Node's own client: fifty thousand calls of fetch take longer than their answers. */
async function send(url: string, key: string, body: string) {
  const headers = { 'content-type': 'application/json', 'idempotency-key': key }
  const sending = request(url, { method: 'POST', agent, headers, timeout: 30_000 })
  sending.on('timeout', () => sending.destroy(new Error(`${url} has not answered within 30 s`)))
  sending.end(body)
  const [response] = (await once(sending, 'response')) as [IncomingMessage]
  return { status: response.statusCode, headers: response.headers, body: await text(response) }
}

/**
 * 202 in the end; a gateway that is full, or where the first request is still being placed, answers
 * so and gets the request again.
 */
async function place(url: string, key: string): Promise<{ readonly orderId: string; readonly repeated: boolean }> {
  const order = JSON.stringify({ customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] })
  for (;;) {
    const { status, headers, body } = await send(`${url}/v1/orders`, key, order)
    if (status === 409) expect(headers['retry-after']).toBe('1')
    if (status === 409 || status === 503) {
      await sleep(100 + 100 * Math.random())
      continue
    }
    expect(status).toBe(202)
    const { orderId } = JSON.parse(body) as { orderId: string }
    return { orderId, repeated: 'idempotency-replayed' in headers }
  }
}

test(`${keys} keys, each posted ${times} times at once, give ${keys} orders`, { timeout: 300_000 }, async () => {
  const run = randomUUID()
  // The repeats of a key lie side by side, so that they are under way together.
  const sends = Array.from({ length: keys * times }, (_, n) => `${run}-${Math.floor(n / times)}`)
  const idsByKey = new Map<string, Set<string>>()
  let fresh = 0
  let next = 0
  const lane = async () => {
    for (let n = next++; n < sends.length; n = next++) {
      const key = sends[n] ?? ''
      const { orderId, repeated } = await place(gateways[n % gateways.length]?.url ?? '', key)
      idsByKey.set(key, (idsByKey.get(key) ?? new Set()).add(orderId))
      if (!repeated) fresh++
    }
  }
  await Promise.all(Array.from({ length: lanes }, lane))

  expect(idsByKey.size).toBe(keys)
  expect([...idsByKey.values()].filter((ids) => ids.size !== 1)).toEqual([])
  expect(fresh).toBe(keys)
  const rows = async (table: string) => (await on.database.ask('orders', `SELECT FROM ${table}`)).length
  expect(await rows('orders')).toBe(keys)
  expect(await rows('idempotency_keys')).toBe(keys)
  await until(async () => (await rows('intake_outbox')) === 0)
  const orderIds = (await on.bench.events('orders.placed')).map(({ data }) => data.orderId)
  expect(new Set(orderIds).size).toBe(keys)
})

test('answers a repeat with 409 during the first request, then with its answer', async () => {
  const [one = '', other = ''] = gateways.map(({ url }) => url)
  const body = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }
  const headers = { 'idempotency-key': 'under-way' }
  const post = (url: string) => ask<{ orderId: string; title: string }>(`${url}/v1/orders`, { body, headers })
  let first: ReturnType<typeof post> | undefined
  await on.database.as('orders').transaction(async (busy) => {
    await busy.query({ name: 'busy', text: 'LOCK TABLE orders IN SHARE MODE' })
    first = post(one)
    const waiting = async () =>
      (await on.database.ask('orders', `SELECT FROM pg_locks WHERE NOT granted AND relation = 'orders'::regclass`))
        .length
    await until(async () => (await waiting()) > 0)
    const repeat = await post(one)
    expect(repeat).toMatchObject({ status: 409, body: { title: 'Idempotency In Flight' } })
    expect(repeat.headers.get('retry-after')).toBe('1')
    const orders = { orders: [{ ...body, idempotencyKey: 'under-way' }] }
    const batch = await ask(`${one}/v1/orders/batch`, { body: orders })
    expect(batch.body).toMatchObject({ results: [{ status: 409, retryAfterSeconds: 1 }] })
  })
  const answer = await first
  expect(answer?.status).toBe(202)
  for (const url of [one, other]) {
    const { status, headers: answerHeaders, body: again } = await post(url)
    expect([status, again.orderId, answerHeaders.get('idempotency-replayed')]).toEqual([
      202,
      answer?.body.orderId,
      'true',
    ])
  }
})

test('answers a repeat with 409 while another gateway places the first', async () => {
  const body = { customerId: 'customer-1', items: [{ sku: 'SKU-0001', quantity: 1 }] }
  const post = () => ask(`${gateways[0]?.url ?? ''}/v1/orders`, { body, headers: { 'idempotency-key': 'elsewhere' } })
  await on.database.as('orders').transaction(async (elsewhere) => {
    await elsewhere.query({
      name: 'elsewhere',
      text: `INSERT INTO idempotency_keys (customer_id, idempotency_key, order_id, request_hash)
        VALUES ('customer-1', 'elsewhere', gen_random_uuid(), 'another')`,
    })
    const repeat = await post()
    expect([repeat.status, repeat.headers.get('retry-after')]).toEqual([409, '1'])
  })
  expect((await post()).status).toBe(422)
})

test('the relaying gateway drops all expired keys at once and keeps the others', async () => {
  // On a database of its own: where the tests before took a minute, a generation has begun.
  const own = await gatewayTestEnvironment()
  onTestFinished(() => own.close())
  const generations = async () =>
    (await own.database.ask<{ part: string }>('orders', 'SELECT part FROM key_generations() ORDER BY since')).map(
      ({ part }) => part,
    )
  const first = await own.start()
  await place(first.url, 'old')
  await closeGateway(first)
  const second = await own.start()
  await until(async () => (await generations()).length === 2)
  const { orderId } = await place(second.url, 'young')
  await closeGateway(second) // so that it is not this one that drops them
  // As if the second generation had begun 25 hours ago.
  await own.database.ask(
    'orders',
    `DO $$
     DECLARE
       last record;
       began timestamptz := date_trunc('second', now() - interval '25 hours');
       own text := 'idempotency_keys' || to_char(began AT TIME ZONE 'UTC', '_YYYYMMDD_HH24MISS');
     BEGIN
       SELECT * INTO last FROM key_generations() ORDER BY since DESC LIMIT 1;
       EXECUTE format('ALTER TABLE idempotency_keys DETACH PARTITION %I', last.part);
       EXECUTE format('UPDATE %I SET since = %L', last.part, began);
       EXECUTE format('ALTER TABLE %I RENAME TO %I', last.part, own);
       EXECUTE format('ALTER TABLE idempotency_keys ATTACH PARTITION %I FOR VALUES IN (%L)', own, began);
       EXECUTE format('ALTER TABLE ONLY idempotency_keys ALTER since SET DEFAULT %L', began);
     END $$`,
  )
  const third = await own.start()
  const metrics = async () => (await ask(`${third.metricsUrl}/metrics`)).text
  await until(async () => (await metrics()).includes('orders_idempotency_generations_dropped_total 1'))
  expect(await generations()).not.toContain('idempotency_keys_first')
  expect(await place(third.url, 'young')).toEqual({ orderId, repeated: true })
  expect((await place(third.url, 'old')).repeated).toBe(false)
})
