// What became of the accepted orders? Each is looked up until it has ended; one that the gateway
// does not know is lost, one with two endings is doubled. It sees what the orders service knows:
// the same ending twice is one row there, and of charges, parcels and mails it sees nothing.
import type { Client, OrderStatus, PlacedOrder } from './client.ts'
import { createLatencies, type Percentiles } from './latencies.ts'

export interface Outcomes {
  /** Orders looked after; all accepted ones, or a sample. */
  readonly tracked: number
  readonly shipped: number
  /** By reason. */
  readonly cancelled: Readonly<Record<string, number>>
  /** Not ended when the looking stopped. */
  readonly unfinished: number
  /** Accepted, yet unknown to the gateway. */
  readonly lost: number
  /**
   * One id given to two orders, or an order that ended in two ways; twice in one way is not seen.
   */
  readonly doubled: number
  /** From accepted to ended, by the database's clock. */
  readonly endToEndMs: Percentiles
}

export interface Tracker {
  add(order: PlacedOrder): void
  /** Looks up those that have waited longest, one request's worth; says how many are still open. */
  look(): Promise<number>
  outcomes(): Outcomes
}

export function createTracker(client: Client, sampleSize: number): Tracker {
  let open: PlacedOrder[] = []
  const seen = new Set<string>()
  const cancelled: Record<string, number> = {}
  const endToEnd = createLatencies()
  const counts = { shipped: 0, doubled: 0, tracked: 0 }
  /** Looked up once without being known; a second time makes it lost. */
  const missing = new Set<string>()
  const lost = new Set<string>()

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
      if (seen.has(orderId)) counts.doubled++
      if (counts.tracked >= sampleSize || seen.has(orderId)) return
      seen.add(orderId)
      counts.tracked++
      open.push(order)
    },
    look: async () => {
      const batch = open.slice(0, client.lookedUpAtOnce)
      if (batch.length === 0) return 0
      const answers = await client.statuses(batch)
      const still = batch.filter(({ orderId }) => {
        if (!answers.has(orderId)) return true
        const status = answers.get(orderId)
        if (status) return !settle(status)
        if (!missing.has(orderId)) return missing.add(orderId).size > 0
        lost.add(orderId)
        return false
      })
      open = [...open.slice(batch.length), ...still]
      return open.length
    },
    outcomes: () => ({
      tracked: counts.tracked,
      shipped: counts.shipped,
      cancelled,
      unfinished: open.length,
      lost: lost.size,
      doubled: counts.doubled,
      endToEndMs: endToEnd.percentiles(),
    }),
  }
}
