// Does the intake give every caller their own answer while they share commits, and keep each order
// whole? repeated-orders.test.ts has what becomes of an order that is sent again.
import { randomUUID } from 'node:crypto'
import { createRegistry } from '@orderpipeline/telemetry'
import { decode } from '@orderpipeline/order-events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IntakeFullError, intakeMetrics, OrderRefusedError } from '../src/intake/index.ts'
import type { OrderRequest } from '../src/intake/index.ts'
import { orderById, statusesById } from '../src/queries/index.ts'
import { intakeTestEnvironment, order } from './intake-environment.ts'
import type { IntakeTestEnvironment } from './intake-environment.ts'

let on: IntakeTestEnvironment
beforeAll(async () => {
  on = await intakeTestEnvironment()
})
afterAll(() => on.close())

test('200 parallel orders share a few commits, and each has its own answer', async () => {
  const intake = on.gateway()
  const requests = Array.from({ length: 200 }, (_, n) => order({ customerId: `sharing-${n}`, correlationId: `c-${n}` }))
  const placements = await Promise.all(requests.map((request) => intake.place(request)))
  expect(new Set(placements.map(({ orderId }) => orderId)).size).toBe(200)
  expect(await intake.commits()).toBeLessThan(10)
  for (const [n, { orderId }] of placements.entries()) {
    const view = await orderById(on.database.as('orders'), orderId)
    expect(view).toMatchObject({ customerId: `sharing-${n}`, status: 'PLACED', items: requests[n]?.items })
    expect(view?.requestId).toBe(`c-${n}`)
    expect(view?.timeline).toMatchObject([{ status: 'PLACED' }])
  }
  const statuses = await statusesById(on.database.as('orders'), [
    ...placements.map(({ orderId }) => orderId),
    randomUUID(),
  ])
  expect(statuses).toHaveLength(200)
})

test('the event in the outbox is the order with its request data', async () => {
  const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
  const request = order({ correlationId: 'asked-under', traceparent })
  const { orderId } = await on.gateway().place(request)
  const [row] = await on.database.ask<{ topic: string; key: string; value: string; event_id: string }>(
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
  const intake = on.gateway()
  const expensiveIsHigh = (totalCents: number) => (totalCents > 0 ? 'high' : 'low')
  const place = async (request: OrderRequest) => {
    const { orderId } = await intake.place(request)
    const [stored] = await on.database.ask<{ priority: string; headers: Record<string, string>; value: string }>(
      'orders',
      `SELECT priority, headers, value FROM orders JOIN intake_outbox ON value LIKE '%' || order_id || '%'
       WHERE order_id = $1`,
      [orderId],
    )
    const view = await orderById(on.database.as('orders'), orderId)
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

test('a full intake refuses the lowest class first, and counts the refusals by class', async () => {
  const { slow, release } = on.stoppedDatabase()
  const metrics = intakeMetrics(createRegistry())
  const intake = on.gateway({ database: slow, metrics, maxBatch: 1, maxInFlight: 1, maxWaiting: 10 })
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

test('an order shows the trace of its request where that is sampled, and none otherwise', async () => {
  const intake = on.gateway()
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
  const viewOf = async (request: OrderRequest) =>
    orderById(on.database.as('orders'), (await intake.place(request)).orderId)
  expect(await viewOf(order({ traceparent: `00-${traceId}-00f067aa0ba902b7-01` }))).toMatchObject({ traceId })
  expect(await viewOf(order({ traceparent: `00-${traceId}-00f067aa0ba902b7-00` }))).not.toHaveProperty('traceId')
  expect(await viewOf(order())).not.toHaveProperty('traceId')
})

test('an order that the database refuses fails alone', async () => {
  const intake = on.gateway()
  const requests = Array.from({ length: 40 }, (_, n) => order(n % 13 === 5 ? { customerId: `bad-${n}\u0000` } : {}))
  const answers = await Promise.allSettled(requests.map((request) => intake.place(request)))
  const refusals = answers.flatMap((answer, n) =>
    answer.status === 'rejected' ? [[n, answer.reason as Error] as const] : [],
  )
  expect(refusals.map(([n]) => n)).toEqual([5, 18, 31])
  expect(refusals.every(([, error]) => error instanceof OrderRefusedError)).toBe(true)
  const fine = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value.orderId] : []))
  expect(await statusesById(on.database.as('orders'), fine)).toHaveLength(37)
})

test('refuses orders beyond its capacity and answers accepted ones on close', async () => {
  const intake = on.gateway({ maxWaiting: 10 })
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
