// How does a person of the staff decide about a held order? Under its row lock, in one transaction
// with the record of the act: a second decision finds that it has been decided.
import type { Pool, Queryable } from '@orderpipeline/postgres'
import type { OrderStatus } from '@orderpipeline/order-events'
import { writeCancellations } from '../cancellation/write-cancellations.ts'
import type { CancellationContext } from '../cancellation/write-cancellations.ts'
import { lockOrder } from '../sql/cancellation.ts'
import type { OrderRow } from '../sql/cancellation.ts'
import { selectHeld, selectOutcome } from '../sql/holds.ts'
import type { HeldRow } from '../sql/holds.ts'
import { idRange } from '../sql/id-range.ts'
import { recordAct } from '../staff/acts.ts'
import type { StaffMember } from '../staff/acts.ts'
import { writeReleases } from './write-releases.ts'

export interface HoldDecision {
  readonly orderId: string
  readonly decision: 'RELEASE' | 'REJECT'
  readonly staff: StaffMember
  readonly context: CancellationContext
  /** Topics whose messages are keyed by order instead of by customer; none when absent. */
  readonly keyedByOrder?: (topic: string) => boolean
}

export type DecidedHold =
  | { readonly kind: 'decided'; readonly status: OrderStatus }
  /** In the same way, by an earlier request, another person or time. */
  | { readonly kind: 'decided-before'; readonly status: OrderStatus }
  | { readonly kind: 'not-held'; readonly status: OrderStatus }
  /** It has no stock as far as the orders service knows: a moment after it was held. */
  | { readonly kind: 'not-reserved' }
  | { readonly kind: 'unknown' }

/** `database`: under the orders' role. @throws DatabaseError */
export function decideHeld(database: Pool, request: HoldDecision): Promise<DecidedHold> {
  const { orderId, decision, staff, context } = request
  return database.transaction(async (tx): Promise<DecidedHold> => {
    const [order] = await tx.query<OrderRow>(lockOrder, [orderId])
    if (!order) return { kind: 'unknown' }
    if (order.status !== 'HELD') return decidedBefore(tx, order, decision)
    const status = decision === 'REJECT' ? await rejected(tx, order, request) : await releasedStatus(tx, request)
    if (status === undefined) return { kind: 'not-reserved' }
    await recordAct(tx, { orderId, staff, act: decision, statusBefore: 'HELD', at: context.now })
    return { kind: 'decided', status }
  })
}

async function rejected(tx: Queryable, order: OrderRow, { context, keyedByOrder }: HoldDecision): Promise<OrderStatus> {
  await writeCancellations(tx, [order], { reason: 'FRAUD', by: 'STAFF' }, context, keyedByOrder)
  return 'CANCELLED'
}

/** `undefined`: it cannot be released yet. */
async function releasedStatus(
  tx: Queryable,
  { orderId, context, keyedByOrder }: HoldDecision,
): Promise<OrderStatus | undefined> {
  const orders = await tx.query<HeldRow>(selectHeld, [[orderId], ...idRange([orderId])])
  const [release] = await writeReleases(tx, orders, 'STAFF', context, keyedByOrder)
  return release?.status
}

async function decidedBefore(
  tx: Queryable,
  { order_id, status }: OrderRow,
  decision: HoldDecision['decision'],
): Promise<DecidedHold> {
  const [hold] = await tx.query<{ outcome: string | null }>(selectOutcome, [order_id])
  const isSame = hold?.outcome === (decision === 'REJECT' ? 'CANCELLED' : 'RELEASED')
  return { kind: isSame ? 'decided-before' : 'not-held', status }
}
