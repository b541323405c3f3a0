// What is stored about an order before the provider is called for it? Its payment, and whether this
// very message has taken effect. Messages that are looked up at once share a query.
import { createBatcher } from '@orderpipeline/batcher'
import type { Batcher } from '@orderpipeline/batcher'
import type { Queryable } from '@orderpipeline/postgres'
import { paymentsByOrder } from './apply.ts'
import type { Payment } from './payments.ts'
import { eventsSeen, paymentsOf } from './sql/stage.ts'

export interface Wanted {
  readonly orderId: string
  readonly eventId: string
}

export interface Known {
  readonly payment: Payment | undefined
  readonly seen: boolean
}

export type Lookups = Batcher<Wanted, Known>

export function createLookups(database: Queryable): Lookups {
  return createBatcher({
    maxBatch: 500,
    maxInFlight: 1,
    maxWaiting: 10_000,
    perform: async (lookups: readonly Wanted[]) => {
      const orderIds = [...new Set(lookups.map(({ orderId }) => orderId))]
      const payments = paymentsByOrder(await database.query(paymentsOf, [orderIds]))
      const rows = await database.query<{ event_id: string }>(eventsSeen, [lookups.map(({ eventId }) => eventId)])
      const seenIds = new Set(rows.map(({ event_id }) => event_id))
      return lookups.map(({ orderId, eventId }) => ({ payment: payments.get(orderId), seen: seenIds.has(eventId) }))
    },
  })
}
