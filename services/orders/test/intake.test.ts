// Does the intake give every caller their own answer while they share commits, and keep each order
// once?
import { createHash, randomUUID, randomUUIDv7 } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createPool, openSession } from '@orderpipeline/postgres'
import type { Pool } from '@orderpipeline/postgres'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { decode } from '@orderpipeline/order-events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import {
  createIntake,
  IdempotencyConflictError,
  IdempotencyInFlightError,
  IntakeFullError,
  intakeMetrics,
  OrderRefusedError,
} from '../src/intake/index.ts'
import type { Intake, IntakeOptions, OrderRequest } from '../src/intake/index.ts'
import { orderById, statusesById } from '../src/queries/index.ts'

let database: TestDatabase
const pools: Pool[] = []
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.close()))
  await database.drop()
})

/** Repeats the request while the first is being placed. */
async function placeWithRetry(intake: Intake | undefined, request: OrderRequest) {
  for (;;) {
    try {
      return await intake?.place(request)
    } catch (error) {
      if (!(error instanceof IdempotencyInFlightError)) throw error
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
}

/** A gateway's worth: an intake with a pool of its own. */
function gateway(overrides: Partial<IntakeOptions> = {}): Intake & { commits(): Promise<number> } {
  const pool = createPool({ url: database.url, role: 'orders', size: 2 })
  pools.push(pool)
  const registry = createRegistry()
  const intake = createIntake({
    database: pool,
    metrics: intakeMetrics(registry),
    now: () => new Date(),
    newId: randomUUIDv7,
    maxBatch: 500,
    maxInFlight: 2,
    maxWaiting: 1_000,
    ...overrides,
  })
  const commits = async () =>
    Number(/orders_intake_batch_size_count (\d+)/.exec(await registry.metrics())?.[1] ?? Number.NaN)
  return { ...intake, commits }
}

function order(overrides: Partial<OrderRequest> = {}): OrderRequest {
  return {
    customerId: `customer-${randomUUID()}`,
    currency: 'EUR',
    items: [
      { sku: 'SKU-0001', quantity: 2 },
      { sku: 'SKU-0002', quantity: 1 },
    ],
    ...overrides,
  }
}

test('200 parallel orders share a few commits, and each has its own answer', async () => {
  const intake = gateway()
  const requests = Array.from({ length: 200 }, (_, n) => order({ customerId: `sharing-${n}`, correlationId: `c-${n}` }))
  const placements = await Promise.all(requests.map((request) => intake.place(request)))
  expect(new Set(placements.map(({ orderId }) => orderId)).size).toBe(200)
  expect(await intake.commits()).toBeLessThan(10)
  for (const [n, { orderId }] of placements.entries()) {
    const view = await orderById(database.as('orders'), orderId)
    expect(view).toMatchObject({ customerId: `sharing-${n}`, status: 'PLACED', items: requests[n]?.items })
    expect(view?.requestId).toBe(`c-${n}`)
    expect(view?.timeline).toMatchObject([{ status: 'PLACED' }])
  }
  const statuses = await statusesById(database.as('orders'), [
    ...placements.map(({ orderId }) => orderId),
    randomUUID(),
  ])
  expect(statuses).toHaveLength(200)
})

test('the event in the outbox is the order with its request data', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const request = order({ correlationId: 'asked-under', traceparent })
  const { orderId } = await gateway().place(request)
  const [row] = await database.ask<{ topic: string; key: string; value: string; event_id: string }>(
    'orders',
    `SELECT topic, key, value, event_id FROM intake_outbox WHERE value LIKE '%' || $1 || '%'`,
    [orderId],
  )
  expect(row).toMatchObject({ topic: 'orders.placed', key: request.customerId })
  expect(decode(row?.value ?? null)).toMatchObject({
    id: row?.event_id,
    type: 'OrderPlaced',
    correlationId: 'asked-under',
    traceparent,
    data: { orderId, customerId: request.customerId, items: request.items, currency: 'EUR' },
  })
})

test('the class of an order is stored, shown, and carried by its event; that of a standard order is not', async () => {
  const intake = gateway()
  const expensiveIsHigh = (totalCents: number) => (totalCents > 0 ? 'high' : 'low')
  const place = async (request: OrderRequest) => {
    const { orderId } = await intake.place(request)
    const [stored] = await database.ask<{ priority: string; headers: Record<string, string>; value: string }>(
      'orders',
      `SELECT priority, headers, value FROM orders JOIN intake_outbox ON value LIKE '%' || order_id || '%'
       WHERE order_id = $1`,
      [orderId],
    )
    const view = await orderById(database.as('orders'), orderId)
    const event = decode(stored?.value ?? null, stored?.headers)
    return { orderId, stored: stored?.priority, shown: view?.priority, carried: event.priority }
  }
  // By what it costs: the intake knows the total, and no one else does before.
  const key = { customerId: 'of-a-class', idempotencyKey: 'first' }
  const high = await place(order({ priorityOf: expensiveIsHigh, ...key }))
  expect(high).toMatchObject({ stored: 'high', shown: 'high', carried: 'high' })
  expect(await place(order({ priorityOf: () => 'low', ...key }))).toEqual(high)
  expect(await place(order({ priorityOf: () => 'low' }))).toMatchObject({
    stored: 'low',
    shown: 'low',
    carried: 'low',
  })
  for (const request of [order(), order({ priorityOf: () => 'standard' })]) {
    const standard = await place(request)
    expect(standard).toMatchObject({ stored: 'standard', shown: undefined, carried: undefined })
  }
})

/** It answers nothing until it is released. */
function stoppedDatabase(): { readonly slow: IntakeOptions['database']; readonly release: () => void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  const pool = createPool({ url: database.url, role: 'orders', size: 2 })
  pools.push(pool)
  const slow: IntakeOptions['database'] = {
    query: async (...args) => {
      await promise
      return pool.query(...args)
    },
  }
  return { slow, release: resolve }
}

test('a full intake refuses the lowest class first, and counts the refusals by class', async () => {
  const { slow, release } = stoppedDatabase()
  const metrics = intakeMetrics(createRegistry())
  const intake = gateway({ database: slow, metrics, maxBatch: 1, maxInFlight: 1, maxWaiting: 10 })
  const placing: Promise<unknown>[] = []
  const fill = (count: number) => {
    for (let n = 0; n < count; n++) placing.push(intake.place(order()))
  }
  const refused = async (priority: 'high' | 'standard' | 'low') => {
    const placement = intake.place(order({ priorityOf: () => priority }))
    placing.push(placement.catch(() => undefined))
    const turn = new Promise((resolve) => setImmediate(resolve, false))
    return Promise.race([placement.then(() => false).catch((error) => error instanceof IntakeFullError), turn])
  }
  // One is being written, and the others wait.
  fill(1 + 7)
  expect(await refused('low')).toBe(true)
  expect(await refused('standard')).toBe(false)
  fill(1)
  expect([await refused('standard'), await refused('high'), await refused('high')]).toEqual([true, false, true])
  const counts = await metrics.refused.get()
  expect(Object.fromEntries(counts.values.map(({ labels, value }) => [labels['class'], value]))).toEqual({
    high: 1,
    standard: 1,
    low: 1,
  })
  release()
  await Promise.all(placing)
})

test('a repeat of a low order that is being placed gets its answer, although its class is refused now', async () => {
  const { slow, release } = stoppedDatabase()
  const intake = gateway({ database: slow, maxBatch: 1, maxInFlight: 1, maxWaiting: 10 })
  const low = order({ priorityOf: () => 'low', idempotencyKey: 'sent-twice' })
  const first = intake.place(low)
  const others = Array.from({ length: 8 }, () => intake.place(order()))
  await expect(intake.place(order({ priorityOf: () => 'low' }))).rejects.toThrow(IntakeFullError)
  const repeat = intake.place(low).catch((error: unknown) => error)
  release()
  expect([await first, await repeat]).toEqual([
    expect.objectContaining({ repeated: false }),
    { orderId: (await first).orderId, repeated: true },
  ])
  await Promise.all(others)
})

test('an order shows the trace of its request where that is sampled, and none otherwise', async () => {
  const intake = gateway()
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const viewOf = async (request: OrderRequest) =>
    orderById(database.as('orders'), (await intake.place(request)).orderId)
  expect(await viewOf(order({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` }))).toMatchObject({ traceId })
  expect(await viewOf(order({ traceparent: `00-${traceId}-00f067aa0ba902b7-00` }))).not.toHaveProperty('traceId')
  expect(await viewOf(order())).not.toHaveProperty('traceId')
})

test('an idempotency key used 50 times on two gateways makes one order', async () => {
  const gateways = [gateway(), gateway()]
  const request = order({ idempotencyKey: 'again-and-again' })
  const others = Array.from({ length: 20 }, () => order({ idempotencyKey: randomUUID() }))
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, n) => {
      const intake = gateways[n % 2]
      const other = others[n]
      if (other) await intake?.place(other)
      return placeWithRetry(intake, request)
    }),
  )
  expect(new Set(answers.map((answer) => answer?.orderId)).size).toBe(1)
  expect(answers.filter((answer) => answer?.repeated === false)).toHaveLength(1)
  const [counts] = await database.ask<{ orders: number; events: number; lines: number }>(
    'orders',
    `SELECT (SELECT count(*) FROM orders WHERE customer_id = $1) AS orders,
      (SELECT count(*) FROM intake_outbox WHERE key = $1) AS events,
      (SELECT count(*) FROM order_items JOIN orders USING (order_id) WHERE customer_id = $1) AS lines`,
    [request.customerId],
  )
  expect(counts).toEqual({ orders: 1, events: 1, lines: 2 })
})

test('a repeat during the first request gets its answer without a commit of its own', async () => {
  const intake = gateway()
  const request = order({ idempotencyKey: 'twice at once' })
  const other = { ...request, currency: 'USD' }
  const [first, ...repeats] = await Promise.allSettled([request, request, other].map((each) => intake.place(each)))
  const { orderId } = first?.status === 'fulfilled' ? first.value : expect.fail('the first')
  expect(repeats).toMatchObject([
    { status: 'fulfilled', value: { orderId, repeated: true } },
    { status: 'rejected', reason: { name: 'IdempotencyConflictError' } },
  ])
  expect(await intake.commits()).toBe(1)
})

test('a repeat learns that the first is in flight, and later gets its answer', async () => {
  const intake = gateway()
  const request = order({ idempotencyKey: 'slowly' })
  const first = await database.as('orders').transaction(async (busy) => {
    await busy.query({ name: 'busy', text: 'LOCK TABLE orders IN SHARE MODE' })
    const placing = intake.place(request)
    await expect(intake.place(request)).rejects.toBeInstanceOf(IdempotencyInFlightError)
    return { placing }
  })
  const { orderId } = await first.placing
  expect(await intake.place(request)).toEqual({ orderId, repeated: true })
})

test('the first repeat of a failed order places it', async () => {
  const intake = gateway()
  const request = order({ customerId: `bad-${randomUUID()}\u0000`, idempotencyKey: 'refused' })
  const answers = await Promise.allSettled([intake.place(request), intake.place(request)])
  expect(answers).toMatchObject([{ reason: { name: 'OrderRefusedError' } }, { reason: { name: 'OrderRefusedError' } }])
  expect(await intake.commits()).toBe(2)
})

test('a key in use by another gateway blocks no other, and is free after its crash', async () => {
  const intake = gateway()
  const request = order({ idempotencyKey: 'elsewhere' })
  const dying = await openSession({ url: database.url, role: 'orders' })
  await dying.query({ name: 'begin', text: 'BEGIN' })
  await dying.query(
    {
      name: 'take',
      text: `INSERT INTO idempotency_keys (customer_id, idempotency_key, order_id, request_hash)
        VALUES ($1, 'elsewhere', gen_random_uuid(), '')`,
    },
    [request.customerId],
  )
  const others = Array.from({ length: 20 }, () => order({ idempotencyKey: randomUUID() }))
  const [answer, ...rest] = await Promise.allSettled([request, ...others].map((each) => intake.place(each)))
  expect(answer).toMatchObject({ status: 'rejected', reason: { name: 'IdempotencyInFlightError' } })
  expect(rest.filter(({ status }) => status === 'rejected')).toEqual([])
  await dying.close()
  expect(await placeWithRetry(intake, request)).toMatchObject({ repeated: false })
})

test('refuses a key of another order, and separates keys by customer', async () => {
  const intake = gateway()
  const first = order({ idempotencyKey: 'mine' })
  const { orderId } = await intake.place(first)
  const another = { ...first, items: [{ sku: 'SKU-0003', quantity: 1 }] }
  await expect(intake.place(another)).rejects.toBeInstanceOf(IdempotencyConflictError)
  expect(await intake.place({ ...first, correlationId: 'retry' })).toEqual({ orderId, repeated: true })
  const elsewhere = await intake.place(order({ idempotencyKey: 'mine' }))
  expect(elsewhere.repeated).toBe(false)
})

/** As every version computes it: a gateway of an older one compares it and nothing else. */
function hashInThisOrder({ customerId, currency, items }: OrderRequest): string {
  const text = JSON.stringify([customerId, currency, items.map(({ sku, quantity }) => [sku, quantity])])
  return createHash('sha256').update(text).digest('base64url')
}

async function storedHash({ customerId }: OrderRequest): Promise<unknown> {
  const text = 'SELECT request_hash FROM idempotency_keys WHERE customer_id = $1'
  return (await database.ask<{ request_hash: string }>('orders', text, [customerId]))[0]?.request_hash
}

test('a repeat with its lines in another order is the first order, at once and later', async () => {
  const intake = gateway()
  const first = order({ idempotencyKey: 'any-order' })
  const turned = { ...first, items: [...first.items].reverse() }
  const [placement, atOnce] = await Promise.all([intake.place(first), intake.place(turned)])
  expect([placement.repeated, atOnce]).toEqual([false, { orderId: placement.orderId, repeated: true }])
  expect(await gateway().place(turned)).toEqual(atOnce)
  expect(await intake.placedBefore(turned)).toEqual(atOnce)
  const [one, other] = first.items
  for (const items of [
    [
      { ...one!, quantity: other!.quantity },
      { ...other!, quantity: one!.quantity },
    ],
    [one!],
    [...first.items, { sku: 'SKU-0003', quantity: 1 }],
  ])
    await expect(intake.place({ ...first, items })).rejects.toBeInstanceOf(IdempotencyConflictError)
  await expect(intake.placedBefore({ ...turned, currency: 'USD' })).rejects.toBeInstanceOf(IdempotencyConflictError)
})

test('a gateway of an older version knows the repeats of a newer one, and the other way round', async () => {
  const intake = gateway()
  const first = order({ idempotencyKey: 'versions' })
  const { orderId } = await intake.place(first)
  // What an older gateway compares with the same request.
  expect(await storedHash(first)).toBe(hashInThisOrder(first))

  // What an older gateway has stored, with the lines as its customer sent them.
  const turned = { ...order({ idempotencyKey: 'versions' }), items: [...first.items].reverse() }
  const older = await intake.place(turned)
  await database.ask('orders', 'UPDATE idempotency_keys SET request_hash = $2 WHERE customer_id = $1', [
    turned.customerId,
    hashInThisOrder(turned),
  ])
  for (const items of [turned.items, first.items])
    expect(await intake.place({ ...turned, items })).toEqual({ orderId: older.orderId, repeated: true })
  expect(orderId).not.toBe(older.orderId)
})

test('a repeat in another order of a forgotten order is a conflict, and in the same one it is known', async () => {
  const intake = gateway()
  const first = order({ idempotencyKey: 'forgotten' })
  const { orderId } = await intake.place(first)
  await database.ask('orders', 'DELETE FROM order_items WHERE order_id = $1', [orderId])
  expect(await intake.place(first)).toEqual({ orderId, repeated: true })
  const turned = { ...first, items: [...first.items].reverse() }
  await expect(intake.place(turned)).rejects.toBeInstanceOf(IdempotencyConflictError)
})

test('an order that the database refuses fails alone', async () => {
  const intake = gateway()
  const requests = Array.from({ length: 40 }, (_, n) => order(n % 13 === 5 ? { customerId: `bad-${n}\u0000` } : {}))
  const answers = await Promise.allSettled(requests.map((request) => intake.place(request)))
  const refusals = answers.flatMap((answer, n) =>
    answer.status === 'rejected' ? [[n, answer.reason as Error] as const] : [],
  )
  expect(refusals.map(([n]) => n)).toEqual([5, 18, 31])
  expect(refusals.every(([, error]) => error instanceof OrderRefusedError)).toBe(true)
  const fine = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.orderId] : []))
  expect(await statusesById(database.as('orders'), fine)).toHaveLength(37)
})

test('refuses orders beyond its capacity and answers accepted ones on close', async () => {
  const intake = gateway({ maxWaiting: 10 })
  const answers = Array.from({ length: 15 }, () => intake.place(order()))
  const closing = intake.close()
  const outcomes = await Promise.allSettled(answers)
  await closing
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(10)
  expect(outcomes.every((answer) => answer.status === 'fulfilled' || answer.reason instanceof IntakeFullError)).toBe(
    true,
  )
  await expect(intake.place(order())).rejects.toBeInstanceOf(IntakeFullError)
})
