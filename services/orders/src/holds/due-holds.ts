// What happens to a held order that no person decides about in time? It is cancelled, or released,
// as was settled when it was held. A person who decides at the same moment and this task exclude
// each other by the lock of the order's row.
//
// Whichever replica first finds the row of the sweep due leads it, as with the deadlines.
import type { Pool, Queryable } from '@orderpipeline/postgres'
import type { OrderStatus } from '@orderpipeline/order-events'
import type { PeriodicTask } from '@orderpipeline/stage'
import { writeCancellations } from '../cancellation/write-cancellations.ts'
import {
  closeHolds,
  dueHolds,
  lockHeld,
  postponeHolds,
  reschedule,
  selectHeld,
  statusesOfHeld,
  tryLock,
} from '../sql/holds.ts'
import type { DueHold, HeldRow } from '../sql/holds.ts'
import { idRange } from '../sql/id-range.ts'
import { outcomeAt } from './outcome.ts'
import { writeReleases } from './write-releases.ts'

export interface DueHoldsCheck {
  /** The time between two looks, over all replicas. */
  readonly everySeconds: number
  readonly now: () => Date
  readonly keyedByOrder: (topic: string) => boolean
}

/** As few in one transaction, and as far apart, as orders beyond their deadline. */
const batchSize = 100
const betweenBatchesSeconds = 2
/** Until a hold is looked at again that cannot be decided now. */
const postponedSeconds = 60

export interface DecidedByTime {
  readonly cancelled: readonly string[]
  readonly released: readonly string[]
}

const none: DecidedByTime = { cancelled: [], released: [] }

/** None when another replica is at it or has just been. @throws DatabaseError */
export function decideDueHolds(database: Pool, check: DueHoldsCheck): Promise<DecidedByTime> {
  return database.transaction(async (tx) => {
    if ((await tx.query(tryLock)).length === 0) return none
    const due = await tx.query<DueHold>(dueHolds, [batchSize])
    const full = due.length === batchSize
    const { everySeconds } = check
    await tx.query(reschedule, [full ? Math.min(betweenBatchesSeconds, everySeconds) : everySeconds])
    if (due.length === 0) return none
    const ids = due.map(({ order_id }) => order_id)
    const locked = await lockedOrders(tx, ids)
    const decided = await decideAll(tx, locked, new Map(due.map((hold) => [hold.order_id, hold])), check)
    const decidedIds = new Set([...decided.cancelled, ...decided.released])
    const undecidedIds = locked.map(({ order_id }) => order_id).filter((id) => !decidedIds.has(id))
    const lockedIds = new Set(locked.map(({ order_id }) => order_id))
    const otherIds = ids.filter((id) => !lockedIds.has(id))
    await endLeftovers(tx, otherIds, check.now())
    await postpone(tx, undecidedIds)
    return decided
  })
}

/** Without those that are being changed. Read after they are locked. */
async function lockedOrders(tx: Queryable, ids: readonly string[]): Promise<readonly HeldRow[]> {
  const locked = await tx.query<{ order_id: string }>(lockHeld, [ids, ...idRange(ids)])
  const lockedIds = locked.map(({ order_id }) => order_id)
  return lockedIds.length === 0 ? [] : tx.query<HeldRow>(selectHeld, [lockedIds, ...idRange(lockedIds)])
}

async function decideAll(
  tx: Queryable,
  orders: readonly HeldRow[],
  holds: ReadonlyMap<string, DueHold>,
  { now, keyedByOrder }: DueHoldsCheck,
): Promise<DecidedByTime> {
  const context = { now: now() }
  const groups = Map.groupBy(orders, (order) => decisionOf(order, holds.get(order.order_id)))
  for (const reason of ['FRAUD', 'DEADLINE'] as const) {
    const cancelled = groups.get(reason) ?? []
    if (cancelled.length > 0) await writeCancellations(tx, cancelled, { reason, by: 'TIME' }, context, keyedByOrder)
  }
  const released = await writeReleases(tx, groups.get('RELEASE') ?? [], 'TIME', context, keyedByOrder)
  return {
    cancelled: [...(groups.get('FRAUD') ?? []), ...(groups.get('DEADLINE') ?? [])].map(({ order_id }) => order_id),
    released: released.map(({ orderId }) => orderId),
  }
}

/**
 * Released, or cancelled for one of these reasons. An order that never gets stock can never be
 * released, as when its reservation became a dead letter; it does not wait for ever.
 */
function decisionOf(order: HeldRow, hold: DueHold | undefined): 'RELEASE' | 'FRAUD' | 'DEADLINE' {
  if (hold?.at_due !== 'RELEASE') return 'FRAUD'
  return hold.is_old && !order.is_reserved && !order.is_captured ? 'DEADLINE' : 'RELEASE'
}

/**
 * An order that is not held any more although its hold is open, as after a version without holds or
 * in a restored database, has left it in another way. An order that is held and locked by another
 * transaction is decided there, or the next time.
 */
async function endLeftovers(tx: Queryable, ids: readonly string[], now: Date): Promise<void> {
  if (ids.length === 0) return
  const rows = await tx.query<{ order_id: string; status: OrderStatus }>(statusesOfHeld, [ids, ...idRange(ids)])
  const statuses = new Map(rows.map(({ order_id, status }) => [order_id, status]))
  // The month of an order that is not there has been detached.
  const statusOf = (id: string) => statuses.get(id) ?? 'CANCELLED'
  const leftIds = ids.filter((id) => statusOf(id) !== 'HELD')
  for (const [outcome, group] of Map.groupBy(leftIds, (id) => outcomeAt(statusOf(id))))
    await tx.query(closeHolds, [group, outcome, 'EVENT', now])
}

/** Holds that stay due would be all that each look finds. */
async function postpone(tx: Queryable, ids: readonly string[]): Promise<void> {
  if (ids.length > 0) await tx.query(postponeHolds, [ids, postponedSeconds])
}

export interface HoldsTaskOptions extends Omit<DueHoldsCheck, 'keyedByOrder'> {
  /** Once it is committed. */
  readonly onDecided: (decided: DecidedByTime) => void
}

export function holdsTask({ onDecided, ...check }: HoldsTaskOptions): PeriodicTask {
  return {
    name: 'held orders',
    everyMs: check.everySeconds * 1_000,
    run: async ({ database, keyedByOrder }) => {
      const decided = await decideDueHolds(database, { ...check, keyedByOrder })
      if (decided.cancelled.length + decided.released.length > 0) onDecided(decided)
    },
  }
}
