// What is the payment stage? It charges for reserved orders, gives back for cancelled ones, and keeps and tells what came of it.
import { createGatherer } from '@orderpipeline/kit-gather'
import type { Gatherer } from '@orderpipeline/kit-gather'
import type { Queryable } from '@orderpipeline/kit-postgres'
import type { EventOf } from '@orderpipeline/order-events'
import type { StageContext, StageDefinition } from '@orderpipeline/kit-stage'
import { applyToPayments, paymentsByOrder } from './apply.ts'
import { callFor, isCause } from './payments.ts'
import type { Answer, Ending, Payment } from './payments.ts'
import type { Provider } from './provider.ts'
import { paymentsOf } from './sql/stage.ts'

export function paymentStage(provider: Provider, { now }: Pick<StageContext, 'now'>): StageDefinition<Answer> {
  let lookups: Gatherer<string, Payment | undefined> | undefined
  return {
    role: 'payment',
    handles: ['StockReserved', 'OrderCancelled', 'RefundRequested'],
    // Before the transaction: a call of seconds must hold no connection and no lock.
    prepare: async (event, signal, database) => {
      if (!isCause(event)) throw new TypeError(`not about a payment: ${event.type}`)
      if (event.type === 'StockReserved') return charged(provider, event, signal)
      lookups ??= lookupsIn(database)
      return givenBack(provider, event, await lookups.add(event.data.orderId), signal)
    },
    apply: (tx, items) => applyToPayments(tx, items, now),
  }
}

/** Not looked up before: nearly every one is new, and the provider answers one that is not with what came of it the first time. */
async function charged(provider: Provider, reserved: EventOf<'StockReserved'>, signal: AbortSignal): Promise<Answer> {
  const { orderId, customerId, totalCents: amountCents, currency } = reserved.data
  const outcome = await provider.charge({ orderId, customerId, amountCents, currency }, signal, reserved.traceparent)
  return { kind: 'charged', reserved, outcome }
}

async function givenBack(
  provider: Provider,
  { data: { orderId, customerId }, traceparent }: Ending,
  known: Payment | undefined,
  signal: AbortSignal,
): Promise<Answer> {
  const call = callFor(known)
  if (call.kind === 'nothing') return { kind: 'nothing' }
  const refunded = async (chargeId: string): Promise<Answer> => {
    return { kind: 'refunded', refund: await provider.refund(orderId, chargeId, signal, traceparent) }
  }
  if (call.kind === 'refund') return refunded(call.chargeId)
  const stopped = await provider.stop({ orderId, customerId }, signal, traceparent)
  return stopped.status === 'captured' ? refunded(stopped.chargeId) : { kind: 'voided' }
}

/** Messages in hand at once share a query. */
function lookupsIn(database: Queryable): Gatherer<string, Payment | undefined> {
  return createGatherer({
    maxBatch: 500,
    maxInFlight: 1,
    maxWaiting: 10_000,
    perform: async (orderIds: readonly string[]) => {
      const found = paymentsByOrder(await database.query(paymentsOf, [[...new Set(orderIds)]]))
      return orderIds.map((orderId) => found.get(orderId))
    },
  })
}
