// How do the warehouse's tables follow the shop's stock? By statements that change nothing when an
// event is repeated or late.
import pg from 'pg'
import type { InventoryEvent, Purchase } from './events.ts'

export interface StoreOptions {
  readonly url: string
  readonly poolSize: number
  readonly reorderPieces: number
  readonly leadSeconds: number
  readonly onIdleError: (error: Error) => void
}

export type Store = ReturnType<typeof createStore>

export function createStore({ url, poolSize, reorderPieces, leadSeconds, onIdleError }: StoreOptions) {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    options: '-c role=warehouse -c search_path=warehouse',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    query_timeout: 12_000,
    keepAlive: true,
  })
  pool.on('error', onIdleError)
  // A connection that ends in the packet of its last answer emits its error between two statements.
  pool.on('connect', (client) => client.on('error', () => undefined))

  return {
    /**
     * Each statement is a transaction of its own: after a crash between two all of them are
     * repeated.
     */
    take: async (events: readonly InventoryEvent[]): Promise<void> => {
      const levels = events.filter((each) => each.kind === 'level')
      if (levels.length > 0)
        await pool.query(keepLevels, [
          levels.map(({ sku }) => sku),
          levels.map(({ available }) => available),
          levels.map(({ low }) => low),
          levels.map(({ version }) => version),
        ])
      const booked = events.filter((each) => each.kind === 'booked')
      if (booked.length > 0) await pool.query(markBooked, [booked.map(({ delivery }) => delivery)])
      // Last: what has its delivery, and is low all the same, is ordered again.
      if (events.length > 0) await pool.query(order, [events.map(({ sku }) => sku), reorderPieces, leadSeconds])
    },
    /** Arrived deliveries that are not yet announced. */
    due: async (): Promise<readonly Purchase[]> => {
      const { rows } = await pool.query<{ delivery: string; sku: string; quantity: string }>(selectDue)
      return rows.map((row) => ({ ...row, quantity: Number(row.quantity) }))
    },
    announced: async (purchases: readonly Purchase[]): Promise<void> => {
      await pool.query(markAnnounced, [purchases.map(({ delivery }) => delivery)])
    },
    close: () => pool.end(),
  }
}

/** The latest level of each product in the batch, where it is later than the stored one. */
const keepLevels = `
INSERT INTO levels AS known (sku, available, low, version)
SELECT DISTINCT ON (sku) sku, available, low, version
FROM unnest($1::text[], $2::bigint[], $3::boolean[], $4::bigint[]) AS heard (sku, available, low, version)
ORDER BY sku, version DESC
ON CONFLICT (sku) DO UPDATE
SET available = excluded.available, low = excluded.low, version = excluded.version
WHERE known.version < excluded.version`

/** Not what was ordered for this very level, nor a product with an open order. */
const order = `
INSERT INTO purchases (delivery, sku, quantity, due_at)
SELECT sku || '/' || version, sku, $2::bigint, now() + make_interval(secs => $3)
FROM levels
WHERE low AND sku = ANY ($1::text[])
ORDER BY sku
ON CONFLICT DO NOTHING`

const selectDue = `
SELECT delivery, sku, quantity FROM purchases
WHERE announced_at IS NULL AND due_at <= now()
ORDER BY due_at
LIMIT 500`

const markAnnounced = `
UPDATE purchases SET announced_at = now() WHERE delivery = ANY ($1::text[]) AND announced_at IS NULL`

const markBooked = `
UPDATE purchases SET booked_at = now() WHERE delivery = ANY ($1::text[]) AND booked_at IS NULL`
