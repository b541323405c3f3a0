// What happens to stock that is reserved and never paid for? The orders service is asked: only its
// OrderCancelled gives stock back, so that an order which is just being paid keeps what it has.
import type { Queryable } from '@orderpipeline/postgres'
import type { PeriodicTask } from '@orderpipeline/stage'
import { eventOf } from '@orderpipeline/order-events'
import type { EventOf } from '@orderpipeline/order-events'
import { markAsked, takeExpired } from './sql/stage.ts'

export interface ExpiryOptions {
  /** How long a reservation is held before it is asked about, and between two questions. */
  readonly reservationSeconds: number
  readonly everySeconds: number
}

const batchSize = 100

/**
 * Longer than Kafka may take to answer. A question that is not published by then, because of Kafka
 * or of this process, is published again.
 */
const askingSeconds = 120

/**
 * Returns the number of questions. A question is repeated later unless it is answered. Its
 * reservation keeps it, not a transaction: a stage that answers it while it is being published, or
 * cancels, does not wait.
 */
export async function askAboutExpired(
  database: Queryable,
  reservationSeconds: number,
  now: Date,
  publish: (events: readonly EventOf<'ReservationExpired'>[]) => Promise<void>,
): Promise<number> {
  const rows = await database.query<{ order_id: string; customer_id: string; asked_for: Date }>(takeExpired, [
    askingSeconds,
    batchSize,
  ])
  if (rows.length === 0) return 0
  await publish(
    rows.map(({ order_id: orderId, customer_id: customerId, asked_for }) =>
      eventOf('ReservationExpired', { orderId, customerId }, { source: '/inventory', now }, asked_for.toISOString()),
    ),
  )
  await database.query(markAsked, [rows.map(({ order_id }) => order_id), reservationSeconds])
  return rows.length
}

export function expiryTask({ reservationSeconds, everySeconds }: ExpiryOptions, now: () => Date): PeriodicTask {
  return {
    name: 'reservation expiry',
    everyMs: everySeconds * 1_000,
    run: async ({ database, publish, stopping }) => {
      for (let count = batchSize; count === batchSize && !stopping.aborted;)
        count = await askAboutExpired(database, reservationSeconds, now(), publish)
    },
  }
}
