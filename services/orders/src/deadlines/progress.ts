// Does what orders wait for move? A deadline is for an order that is stuck, not for a shop whose
// payment provider or Kafka is unavailable: it runs only while other orders leave the same state in
// the normal way, and starts again from zero when they do so after a pause.
import type { Queryable } from '@orderpipeline/postgres'
import type { OrderEvent } from '@orderpipeline/order-events'
import { noteProgress, overdueBefore } from '../sql/deadlines.ts'

/** Seconds an order may stay in a state. */
export interface Deadlines {
  /** For the orders service to price it. */
  readonly placedSeconds: number
  /** For stock and payment. */
  readonly processingSeconds: number
  /** For shipping. */
  readonly confirmedSeconds: number
  /**
   * How much longer, while no order leaves its state: an order that is alone in the shop must come
   * to its end, too.
   */
  readonly stalledSeconds: number
}

export const waitingStates = ['PLACED', 'PROCESSING', 'CONFIRMED'] as const
export type WaitingState = (typeof waitingStates)[number]

/**
 * The state that an order has left because what it waited for there has answered; undefined for any
 * other event.
 */
export function leftState(event: OrderEvent): WaitingState | undefined {
  if (event.type !== 'OrderStatusChanged') return undefined
  const { status, reason } = event.data
  switch (status) {
    case 'PROCESSING':
      return 'PLACED'
    case 'CONFIRMED':
      return 'PROCESSING'
    case 'SHIPPED':
      return 'CONFIRMED'
    case 'CANCELLED':
      // An order that is out of stock never comes as far as the provider.
      return reason === 'PAYMENT_DECLINED' ? 'PROCESSING' : undefined
    default:
      return undefined
  }
}

/** A state that no order leaves for this part of its deadline stalls. */
const stalledAfter = 0.25

function deadlinesOf({ placedSeconds, processingSeconds, confirmedSeconds }: Deadlines): readonly number[] {
  return [placedSeconds, processingSeconds, confirmedSeconds]
}

/** @throws DatabaseError */
export async function recordProgress(
  database: Queryable,
  states: ReadonlySet<WaitingState>,
  deadlines: Deadlines,
): Promise<void> {
  if (states.size === 0) return
  const limits = deadlinesOf(deadlines)
  const rows = waitingStates.flatMap((state, n) => (states.has(state) ? [{ state, limit: limits[n] ?? 0 }] : []))
  await database.query(noteProgress, [rows.map(({ state }) => state), rows.map(({ limit }) => limit * stalledAfter)])
}

export interface StateCutoff {
  readonly status: WaitingState
  /** Its deadline does not run, or has started again and is not over yet. */
  readonly held: boolean
  readonly before: Date
}

/** One for each state, in their order. @throws DatabaseError */
export async function cutoffs(database: Queryable, deadlines: Deadlines): Promise<readonly StateCutoff[]> {
  const limits = deadlinesOf(deadlines)
  const rows = await database.query<StateCutoff>(overdueBefore, [
    [...waitingStates],
    limits,
    limits.map((limit) => limit * stalledAfter),
    deadlines.stalledSeconds,
  ])
  return waitingStates.flatMap((state) => rows.filter(({ status }) => status === state))
}
