// What is stored about an order before the provider is called for it? Its payment, and whether this
// very message has taken effect. Messages that are looked up at once share a query.
import { createBatcher } from '@orderpipeline/batcher'
import type { Batcher } from '@orderpipeline/batcher'
import type { Queryable } from '@orderpipeline/postgres'
import { paymentsByOrder } from './payment-rows.ts'
import type { Payment } from './payments.ts'
import { appliedEvents, paymentsOf } from './sql/stage.ts'

export interface LookupRequest {
  readonly orderId: string
  readonly eventId: string
}

export interface LookupResult {
  readonly payment: Payment | undefined
  readonly isApplied: boolean
}

export type Lookups = Batcher<LookupRequest, LookupResult>

export function createLookups(database: Queryable): Lookups {
  return createBatcher({
    maxBatch: 500,
    maxInFlight: 1,
    maxWaiting: 10_000,
    perform: async (lookups: readonly LookupRequest[]) => {
      const orderIds = [...new Set(lookups.map(({ orderId }) => orderId))]
      const payments = paymentsByOrder(await database.query(paymentsOf, [orderIds]))
      const rows = await database.query<{ event_id: string }>(appliedEvents, [lookups.map(({ eventId }) => eventId)])
      const seenIds = new Set(rows.map(({ event_id }) => event_id))
      return lookups.map(({ orderId, eventId }) => ({
        payment: payments.get(orderId),
        isApplied: seenIds.has(eventId),
      }))
    },
  })
}
