// What is the payment stage? It charges for reserved orders, and keeps and tells what came of it.
import type { Queryable } from '@orderpipeline/kit-postgres'
import type { Item, Reaction, StageContext, StageDefinition } from '@orderpipeline/kit-stage'
import { eventOf, following } from '@orderpipeline/order-events'
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import type { ChargeOutcome, Provider } from './provider.ts'
import { addPayments } from './sql/stage.ts'

export interface Charged {
  readonly reserved: EventOf<'StockReserved'>
  readonly outcome: ChargeOutcome
}

export function paymentStage(provider: Provider, { now }: Pick<StageContext, 'now'>): StageDefinition<Charged> {
  return {
    role: 'payment',
    handles: ['StockReserved'],
    // Before the transaction: a call of seconds must hold no connection and no lock.
    prepare: async (event, signal) => {
      if (event.type !== 'StockReserved') throw new TypeError(`not a reservation: ${event.type}`)
      const { orderId, customerId, totalCents, currency } = event.data
      const outcome = await provider.charge({ orderId, customerId, amountCents: totalCents, currency }, signal)
      return { reserved: event, outcome }
    },
    apply: async (tx, items) => {
      await record(tx, items)
      return items.map(({ prepared }): Reaction => ({ cause: prepared.reserved, events: [processed(prepared, now())] }))
    },
  }
}

async function record(tx: Queryable, items: readonly Item<Charged>[]): Promise<void> {
  const data = items.map(({ prepared }) => prepared.reserved.data)
  const outcomes = items.map(({ prepared }) => prepared.outcome)
  await tx.query(addPayments, [
    data.map(({ orderId }) => orderId),
    data.map(({ customerId }) => customerId),
    data.map(({ totalCents }) => totalCents),
    data.map(({ currency }) => currency),
    outcomes.map(({ status }) => (status === 'captured' ? 'CAPTURED' : 'DECLINED')),
    outcomes.map((outcome) => (outcome.status === 'captured' ? outcome.chargeId : null)),
    outcomes.map((outcome) => (outcome.status === 'declined' ? outcome.reason : null)),
  ])
}

function processed({ reserved, outcome }: Charged, now: Date): OrderEvent {
  const context = following(reserved, '/payment', now)
  return outcome.status === 'captured'
    ? eventOf('PaymentCaptured', { ...reserved.data, chargeId: outcome.chargeId }, context)
    : eventOf('PaymentDeclined', { ...reserved.data, declineReason: outcome.reason }, context)
}
