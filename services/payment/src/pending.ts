// What happens to a charge that the provider has accepted and not decided? The stage asks about it
// until it is decided, sooner where a webhook says that something is new. A webhook is no more than
// a hint: it may come twice, late, or never, so the provider's own answer counts, and asking goes
// on without webhooks too.
//
// The event is published before it is stored, as in due-refunds.ts: a crash in between publishes it
// again under the same id.
import { Gauge } from '@orderpipeline/telemetry'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import { eventOf } from '@orderpipeline/order-events'
import type { PeriodicTask } from '@orderpipeline/stage'
import { writeDues, writePayments } from './apply.ts'
import { lockedPayments } from './locked-payments.ts'
import { paymentsByOrder } from './payment-rows.ts'
import { dueRefundOf } from './refunds/dues.ts'
import { forgetOldIntents } from './provider/intents.ts'
import { settle } from './payments.ts'
import type { ProviderAnswer } from './payments.ts'
import type { ChargeOutcome, Provider } from './provider/provider.ts'
import { claimPending, countPending, deletePending } from './sql/pending.ts'
import { paymentsOf } from './sql/stage.ts'
import type { Surroundings } from './surroundings.ts'
import type { PendingCharge } from './undecided.ts'

export interface PendingOptions {
  readonly provider: Provider
  readonly now: () => Date
  readonly registry?: Registry | undefined
  readonly logger?: Logger | undefined
}

export const pendingEveryMs = 10_000
const atOnce = 20

export function pendingTask(options: PendingOptions): PeriodicTask {
  const gauge =
    options.registry &&
    new Gauge({
      name: 'payment_charges_pending',
      help: 'Charges that the provider has accepted and not yet decided; the same from every replica',
      registers: [options.registry],
    })
  return {
    name: 'pending charges',
    everyMs: pendingEveryMs,
    run: async (surroundings) => {
      await settlePending(surroundings, options)
      const [row] = await surroundings.database.query<{ count: number }>(countPending)
      gauge?.set(row?.count ?? 0)
      await forgetOldIntents(surroundings.database)
    },
  }
}

/** Returns how many were decided. @throws DatabaseError, PublishError */
export async function settlePending(surroundings: Surroundings, options: PendingOptions): Promise<number> {
  const rows = await surroundings.database.query<PendingCharge>(claimPending, [atOnce])
  let decidedCount = 0
  for (const row of rows) {
    if (surroundings.stopping.aborted) break
    try {
      if (await settleOne(row, surroundings, options)) decidedCount++
    } catch (error) {
      if (surroundings.stopping.aborted) break
      options.logger?.warn({ error, orderId: row.orderId }, 'a pending charge could not be looked up; it stays pending')
    }
  }
  return decidedCount
}

async function settleOne(row: PendingCharge, surroundings: Surroundings, options: PendingOptions): Promise<boolean> {
  const { database, stopping } = surroundings
  const outcome = await options.provider.find(row.orderId, stopping)
  if (outcome?.status === 'pending') return false
  if (outcome) {
    await book(row, outcome, surroundings, options.now())
  } else {
    // Nothing is on its way any more. Unless the order has come to its end, its deadline will bring
    // it there.
    const booked = await database.query(paymentsOf, [[row.orderId]])
    if (booked.length === 0) return false
  }
  await database.query(deletePending, [row.orderId])
  return true
}

/**
 * Publishes and stores the provider's decision on a charge that has no message in flight. @throws
 * DatabaseError, PublishError
 */
export async function book(
  charge: PendingCharge,
  outcome: ChargeOutcome,
  { database, publish }: Pick<Surroundings, 'database' | 'publish'>,
  now: Date,
): Promise<void> {
  const { orderId, customerId, amountCents: totalCents, currency } = charge
  const reserved = eventOf('StockReserved', { orderId, customerId, totalCents, currency }, { source: '/payment', now })
  const answer: ProviderAnswer = { kind: 'charged', reserved, outcome }
  const payment = paymentsByOrder(await database.query(paymentsOf, [[orderId]])).get(orderId)
  const event = settle(payment, reserved, answer, now)?.event
  if (event) await publish([event])
  await database.transaction(async (tx) => {
    const payments = await lockedPayments(tx, [orderId])
    const settlement = settle(payments.get(orderId), reserved, answer, now)
    if (settlement) writePayments(tx, [settlement.payment], payments)
    const due = dueRefundOf(payments.get(orderId), reserved, answer)
    if (due) writeDues(tx, [due])
  })
}
