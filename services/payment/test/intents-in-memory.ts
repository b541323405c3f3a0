// Our own port to the noted intents, in memory; its statements are tried on PostgreSQL in
// stripe.test.ts.
import type { Intent, Intents } from '../src/provider/intents.ts'

export function intentsInMemory(): Intents {
  const rows = new Map<string, Intent>()
  const put = (orderId: string, row: Intent) => {
    rows.set(orderId, row)
    return Promise.resolve(row)
  }
  return {
    of: (orderId) => Promise.resolve(rows.get(orderId)),
    note: (orderId, intentId) => {
      const row = rows.get(orderId)
      return put(orderId, { intentId: row?.intentId ?? intentId, stopped: row?.stopped ?? false })
    },
    stop: (orderId) => put(orderId, { intentId: rows.get(orderId)?.intentId, stopped: true }),
  }
}
