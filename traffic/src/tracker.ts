// What happened to the accepted orders? Each is looked up until it has ended. An order that the
// gateway does not know is lost, an order with two endings is doubled. The tracker sees only what
// the orders service stores: the same ending twice is one row there, and charges, parcels and mails
// are not visible.
import type { Client, OrderStatus, PlacedOrder } from './client.ts'
import { createLatencies } from './latencies.ts'
import type { Percentiles } from './latencies.ts'

export interface Outcomes {
  /** Tracked orders: all accepted ones, or a sample. */
  readonly tracked: number
  /** Those about which the gateway has answered at least once. */
  readonly lookedUp: number
  readonly shipped: number
  /** By reason. */
  readonly cancelled: Readonly<Record<string, number>>
  /** Not ended when the tracking stopped. */
  readonly unfinished: number
  /** Accepted, yet unknown to the gateway. */
  readonly lost: number
  /**
   * One id for two orders, or an order that ended in two ways. The same ending twice is not
   * visible.
   */
  readonly doubled: number
  /** From accepted to ended, by the database's clock. */
  readonly endToEndMs: Percentiles
}

export interface Tracker {
  add(order: PlacedOrder): void
  /**
   * Looks up the orders that have waited longest, as many as one request takes; returns how many
   * are still open.
   */
  look(): Promise<number>
  outcomes(): Outcomes
}

export function createTracker(client: Client, sampleSize: number): Tracker {
  let open: PlacedOrder[] = []
  const seenIds = new Set<string>()
  const cancelled: Record<string, number> = {}
  const endToEnd = createLatencies()
  const counts = { shipped: 0, doubled: 0, tracked: 0 }
  /** Unknown at the first look-up; a second time the order is lost. */
  const missingIds = new Set<string>()
  const lostIds = new Set<string>()
  const neverReadIds = new Set<string>()

  const settle = (status: OrderStatus): boolean => {
    if (status.status !== 'SHIPPED' && status.status !== 'CANCELLED') return false
    if (status.status === 'SHIPPED') counts.shipped++
    else cancelled[status.reason ?? 'unknown'] = (cancelled[status.reason ?? 'unknown'] ?? 0) + 1
    if (status.terminalStates > 1) counts.doubled++
    endToEnd.add(Date.parse(status.updatedAt) - Date.parse(status.placedAt))
    return true
  }

  return {
    add: (order) => {
      const { orderId } = order
      if (seenIds.has(orderId)) counts.doubled++
      if (counts.tracked >= sampleSize || seenIds.has(orderId)) return
      seenIds.add(orderId)
      counts.tracked++
      neverReadIds.add(orderId)
      open.push(order)
    },
    look: async () => {
      const batch = open.slice(0, client.lookedUpAtOnce)
      if (batch.length === 0) return 0
      const answers = await client.statuses(batch)
      const still = batch.filter(({ orderId }) => {
        if (!answers.has(orderId)) return true
        neverReadIds.delete(orderId)
        const status = answers.get(orderId)
        if (status) return !settle(status)
        if (!missingIds.has(orderId)) return missingIds.add(orderId).size > 0
        lostIds.add(orderId)
        return false
      })
      open = [...open.slice(batch.length), ...still]
      return open.length
    },
    outcomes: () => ({
      tracked: counts.tracked,
      lookedUp: counts.tracked - neverReadIds.size,
      shipped: counts.shipped,
      cancelled,
      unfinished: open.length,
      lost: lostIds.size,
      doubled: counts.doubled,
      endToEndMs: endToEnd.percentiles(),
    }),
  }
}
