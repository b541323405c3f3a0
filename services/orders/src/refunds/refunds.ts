// Did the money of every cancelled order go back? Payment learns of a cancellation by a message,
// and a message can be lost: as a dead letter, or by offsets that were set by hand. So orders are
// checked once more when they must long have ended: if one is cancelled and paid, and payment has
// never published its refund, its cancellation is published again, under another id. Payment then
// refunds, or repeats that it has.
import type { Pool } from '@orderpipeline/postgres'
import type { PeriodicTask } from '@orderpipeline/stage'
import { Counter } from '@orderpipeline/telemetry'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import { encode, eventOf } from '@orderpipeline/order-events'
import type { OrderRow } from '../sql/cancellation.ts'
import type { Deadlines } from '../deadlines/progress.ts'
import { publishByOutbox } from '../outbox.ts'
import { source } from '../event-source.ts'
import { tryLock, nextStretch, noteStretch, reschedule, unrefunded } from '../sql/refunds.ts'

const stretchSeconds = 60
const everySeconds = 60
/** In one run, where it has fallen behind. */
const stretchesAtOnce = 60
const daySeconds = 86_400

export interface RefundsCheck {
  /** Seconds after an order was placed. */
  readonly afterSeconds: number
  readonly now: () => Date
  readonly keyedByOrder: (topic: string) => boolean
}

/**
 * Looks at one stretch. Returns the orders whose cancellation was published again; `undefined` when
 * there is nothing to look at.
 */
export function askAgain(
  database: Pool,
  { afterSeconds, now, keyedByOrder }: RefundsCheck,
): Promise<readonly string[] | undefined> {
  return database.transaction(async (tx) => {
    if ((await tx.query(tryLock)).length === 0) return undefined
    type Stretch = { readonly since: Date; readonly until: Date }
    const [stretch] = await tx.query<Stretch>(nextStretch, [stretchSeconds, afterSeconds])
    if (!stretch) {
      await tx.query(reschedule, [everySeconds])
      return undefined
    }
    const { since, until } = stretch
    const orders = await tx.query<OrderRow>(unrefunded, [firstIdOf(since), firstIdOf(until)])
    const messages = orders.map(({ order_id: orderId, customer_id: customerId, correlation_id: own, priority }) => {
      const context = { source, now: now(), priority, ...(own === null ? {} : { correlationId: own }) }
      // The reason does not matter for a refund.
      const data = { orderId, customerId, reason: 'DEADLINE' as const }
      const event = eventOf('OrderCancelled', data, context, 'unrefunded')
      return { id: event.id, ...encode(event, keyedByOrder) }
    })
    if (messages.length > 0) await publishByOutbox(tx, messages)
    await tx.query(noteStretch, [until])
    return orders.map(({ order_id }) => order_id)
  })
}

export interface RefundsTaskOptions {
  readonly deadlines: Deadlines
  /** How long an order may be held besides. */
  readonly heldSeconds?: number | undefined
  readonly now: () => Date
  readonly registry?: Registry | undefined
  readonly logger?: Logger | undefined
}

export function refundsTask({ deadlines, heldSeconds = 0, now, registry, logger }: RefundsTaskOptions): PeriodicTask {
  const { placedSeconds, processingSeconds, confirmedSeconds, stalledSeconds } = deadlines
  // Each of the three states may last longer while no order leaves it.
  const waitSeconds = placedSeconds + processingSeconds + confirmedSeconds + 3 * stalledSeconds
  // Once it is released it may be PROCESSING for the same time again.
  const holdSeconds = heldSeconds === 0 ? 0 : heldSeconds + processingSeconds + stalledSeconds
  const afterSeconds = waitSeconds + holdSeconds + daySeconds
  const counter =
    registry &&
    new Counter({
      name: 'orders_unrefunded_total',
      help: 'Cancelled, paid orders without a refund event; the cancellation of each is published again',
      registers: [registry],
    })
  return {
    name: 'refunds of cancelled orders',
    everyMs: everySeconds * 1_000,
    run: async ({ database, keyedByOrder, stopping }) => {
      for (let n = 0; n < stretchesAtOnce && !stopping.aborted; n++) {
        const orders = await askAgain(database, { afterSeconds, now, keyedByOrder })
        if (!orders) return
        counter?.inc(orders.length)
        for (const orderId of orders)
          logger?.error(
            { orderId },
            'a cancelled order was paid and has no refund; the cancellation is published again',
          )
      }
    },
  }
}

/** What comes before every uuid of version 7 that was made at this time. */
function firstIdOf(at: Date): string {
  const hexadecimal = at.getTime().toString(16).padStart(12, '0').padEnd(32, '0')
  return hexadecimal.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
