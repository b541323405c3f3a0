// What becomes of stock that is reserved and never paid for? The orders service is asked: only its OrderCancelled gives stock back, so
// that an order which is just being paid keeps what it has.
import type { Pool } from '@orderpipeline/kit-postgres'
import type { Chore } from '@orderpipeline/kit-stage'
import { eventOf } from '@orderpipeline/order-events'
import type { EventOf } from '@orderpipeline/order-events'
import { takeExpired } from './sql/stage.ts'

export interface ExpiryOptions {
  /** How long a reservation is held before it is asked about, and between two questions. */
  readonly reservationSeconds: number
  readonly everySeconds: number
}

const batchSize = 100

/** Returns how many were asked about. A question is asked again later unless it is answered. */
export function askAboutExpired(
  database: Pool,
  reservationSeconds: number,
  now: Date,
  publish: (events: readonly EventOf<'ReservationExpired'>[]) => Promise<void>,
): Promise<number> {
  return database.transaction(async (tx) => {
    const rows = await tx.query<{ order_id: string; customer_id: string; asked_for: Date }>(takeExpired, [
      reservationSeconds,
      batchSize,
    ])
    // Before the commit: a question that is not out is asked again at once.
    await publish(
      rows.map(({ order_id: orderId, customer_id: customerId, asked_for }) =>
        eventOf('ReservationExpired', { orderId, customerId }, { source: '/inventory', now }, asked_for.toISOString()),
      ),
    )
    return rows.length
  })
}

export function expiryChore({ reservationSeconds, everySeconds }: ExpiryOptions, now: () => Date): Chore {
  return {
    name: 'reservation expiry',
    everyMs: everySeconds * 1_000,
    run: async ({ database, publish, stopping }) => {
      for (let count = batchSize; count === batchSize && !stopping.aborted;)
        count = await askAboutExpired(database, reservationSeconds, now(), publish)
    },
  }
}
