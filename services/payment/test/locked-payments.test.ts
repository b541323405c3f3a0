// Does who decides about a refund see a dispute that is recorded while it waits for the payment?
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import { testDatabase, until } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { applyToPayments } from '../src/apply.ts'
import { recordDispute } from '../src/sql/disputes.ts'
import { lockPayments } from '../src/sql/stage.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
})
afterAll(() => database.drop())

async function paidOrder() {
  const about = { orderId: randomUUID(), chargeId: randomUUID(), customerId: 'customer-1' }
  await database.ask(
    'payment',
    `INSERT INTO payments (order_id, charge_id, customer_id, amount_cents, currency, status)
     VALUES ($1, $2, $3, 700, 'EUR', 'CAPTURED')`,
    [about.orderId, about.chargeId, about.customerId],
  )
  return about
}
/** As the stage handles the request, but for the time it waits for a lock. */
function requestPart({ orderId, customerId }: { readonly orderId: string; readonly customerId: string }) {
  const data = { orderId, customerId, refundId: randomUUID(), amountCents: 200, currency: 'EUR', reason: 'test' }
  const now = new Date(0)
  const event = eventOf('PartialRefundRequested', data, { source: '/orders', now }, data.refundId)
  const items = [{ event, prepared: { kind: 'nothing' } as const }]
  return database.as('payment').transaction(async (tx) => {
    const decide = await applyToPayments(tx, items, () => now)
    return decide(tx, items)
  })
}
async function waitsForLock(): Promise<boolean> {
  return (await database.ask('payment', 'SELECT FROM pg_locks WHERE NOT granted')).length > 0
}

test('a refund of a part that waits for the dispute which is being recorded is refused', async () => {
  const order = await paidOrder()
  const { orderId, chargeId, customerId } = order
  let request: Promise<unknown> | undefined
  await database.as('payment').transaction(async (tx) => {
    await tx.query(lockPayments, [[orderId]])
    request = requestPart(order)
    await until(waitsForLock)
    await tx.query(recordDispute, [randomUUID(), orderId, chargeId, customerId, 700, 'EUR', 'fraudulent', 'OPEN'])
  })
  await request
  const parts = 'SELECT status, refusal FROM partial_refunds WHERE order_id = $1'
  expect(await database.ask('payment', parts, [orderId])).toEqual([{ status: 'REFUSED', refusal: 'DISPUTED' }])
})
