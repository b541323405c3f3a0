// Does an order that is sent again under its idempotency key stay one order, on every gateway,
// while it is placed and later?
import { createHash, randomUUID } from 'node:crypto'
import { openSession } from '@orderpipeline/postgres'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { IdempotencyConflictError, IdempotencyInFlightError, IntakeFullError } from '../src/intake/index.ts'
import type { Intake, OrderRequest } from '../src/intake/index.ts'
import { intakeTestEnvironment, order } from './intake-environment.ts'
import type { IntakeTestEnvironment } from './intake-environment.ts'

let on: IntakeTestEnvironment
beforeAll(async () => {
  on = await intakeTestEnvironment()
})
afterAll(() => on.close())

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

test('a repeat of a low order that is being placed gets its answer, although its class is refused now', async () => {
  const { slow, release } = on.stoppedDatabase()
  const intake = on.gateway({ database: slow, maxBatch: 1, maxInFlight: 1, maxWaiting: 10 })
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

test('an idempotency key used 50 times on two gateways makes one order', async () => {
  const gateways = [on.gateway(), on.gateway()]
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
  const [counts] = await on.database.ask<{ orders: number; events: number; lines: number }>(
    'orders',
    `SELECT (SELECT count(*) FROM orders WHERE customer_id = $1) AS orders,
      (SELECT count(*) FROM intake_outbox WHERE key = $1) AS events,
      (SELECT count(*) FROM order_items JOIN orders USING (order_id) WHERE customer_id = $1) AS lines`,
    [request.customerId],
  )
  expect(counts).toEqual({ orders: 1, events: 1, lines: 2 })
})

test('a repeat during the first request gets its answer without a commit of its own', async () => {
  const intake = on.gateway()
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
  const intake = on.gateway()
  const request = order({ idempotencyKey: 'slowly' })
  const first = await on.database.as('orders').transaction(async (busy) => {
    await busy.query({ name: 'busy', text: 'LOCK TABLE orders IN SHARE MODE' })
    const placing = intake.place(request)
    await expect(intake.place(request)).rejects.toBeInstanceOf(IdempotencyInFlightError)
    return { placing }
  })
  const { orderId } = await first.placing
  expect(await intake.place(request)).toEqual({ orderId, repeated: true })
})

test('the first repeat of a failed order places it', async () => {
  const intake = on.gateway()
  const request = order({ customerId: `bad-${randomUUID()}\u0000`, idempotencyKey: 'refused' })
  const answers = await Promise.allSettled([intake.place(request), intake.place(request)])
  expect(answers).toMatchObject([{ reason: { name: 'OrderRefusedError' } }, { reason: { name: 'OrderRefusedError' } }])
  expect(await intake.commits()).toBe(2)
})

test('a key in use by another gateway blocks no other, and is free after its crash', async () => {
  const intake = on.gateway()
  const request = order({ idempotencyKey: 'elsewhere' })
  const dying = await openSession({ url: on.database.url, role: 'orders' })
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
  const intake = on.gateway()
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
  return (await on.database.ask<{ request_hash: string }>('orders', text, [customerId]))[0]?.request_hash
}

test('a repeat with its lines in another order is the first order, at once and later', async () => {
  const intake = on.gateway()
  const first = order({ idempotencyKey: 'any-order' })
  const turned = { ...first, items: [...first.items].reverse() }
  const [placement, atOnce] = await Promise.all([intake.place(first), intake.place(turned)])
  expect([placement.repeated, atOnce]).toEqual([false, { orderId: placement.orderId, repeated: true }])
  expect(await on.gateway().place(turned)).toEqual(atOnce)
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
  const intake = on.gateway()
  const first = order({ idempotencyKey: 'versions' })
  const { orderId } = await intake.place(first)
  // What an older gateway compares with the same request.
  expect(await storedHash(first)).toBe(hashInThisOrder(first))

  // What an older gateway has stored, with the lines as its customer sent them.
  const turned = { ...order({ idempotencyKey: 'versions' }), items: [...first.items].reverse() }
  const older = await intake.place(turned)
  await on.database.ask('orders', 'UPDATE idempotency_keys SET request_hash = $2 WHERE customer_id = $1', [
    turned.customerId,
    hashInThisOrder(turned),
  ])
  for (const items of [turned.items, first.items])
    expect(await intake.place({ ...turned, items })).toEqual({ orderId: older.orderId, repeated: true })
  expect(orderId).not.toBe(older.orderId)
})

test('a repeat in another order of a forgotten order is a conflict, and in the same one it is known', async () => {
  const intake = on.gateway()
  const first = order({ idempotencyKey: 'forgotten' })
  const { orderId } = await intake.place(first)
  await on.database.ask('orders', 'DELETE FROM order_items WHERE order_id = $1', [orderId])
  expect(await intake.place(first)).toEqual({ orderId, repeated: true })
  const turned = { ...first, items: [...first.items].reverse() }
  await expect(intake.place(turned)).rejects.toBeInstanceOf(IdempotencyConflictError)
})
