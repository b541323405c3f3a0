// How do the tables follow what customers do? By statements that change nothing when an event is
// repeated or late: the last change of a cart counts, by its time.
import pg from 'pg'
import type { Cart, Items, ShopEvent } from './events.ts'
import {
  changeCart,
  closeCart,
  deleteClosed,
  forgetting,
  keepRecommendation,
  keepView,
  lockClosed,
  lockLeft,
  markReported,
  prunings,
  selectSuggested,
} from './statements.ts'

export interface StoreOptions {
  readonly url: string
  readonly poolSize: number
  readonly leftSeconds: number
  readonly leftMaxSeconds: number
  readonly keepDays: number
  readonly onIdleError: (error: Error) => void
}

export type LeftCart = Cart & { readonly items: Items }
export type Store = ReturnType<typeof createStore>

const atOnce = 200
const prunedAtOnce = 5_000

export function createStore(options: StoreOptions) {
  const pool = poolOf(options)
  const inTransaction = transactions(pool)

  return {
    /**
     * By table and customer, so that two replicas lock rows in one order; the times of the events
     * say which counts. After a crash all of them are repeated.
     */
    take: (events: readonly ShopEvent[]): Promise<void> =>
      inTransaction(async (client) => {
        for (const event of events.toSorted(byRow)) await takeOne(client, event)
      }),
    /**
     * Carts that are abandoned now; marked once `publish` has resolved. Their rows are locked
     * meanwhile, so that what closes one of them comes later, and is published later.
     */
    reportLeft: (publish: (carts: readonly LeftCart[]) => Promise<void>): Promise<number> =>
      inTransaction(async (client) => {
        const { rows } = await client.query<LeftCart>(lockLeft, [options.leftSeconds, options.leftMaxSeconds, atOnce])
        if (rows.length === 0) return 0
        await publish(rows)
        await client.query(markReported, [rows.map(({ customerId }) => customerId)])
        return rows.length
      }),
    /** Carts that were reported and are closed; forgotten once `publish` has resolved. */
    reportClosed: (publish: (carts: readonly Cart[]) => Promise<void>): Promise<number> =>
      inTransaction(async (client) => {
        const { rows } = await client.query<Cart>(lockClosed, [atOnce])
        if (rows.length === 0) return 0
        await publish(rows)
        await client.query(deleteClosed, [rows.map(({ cartId }) => cartId)])
        return rows.length
      }),
    /** What others bought with it, then what the customer has looked at; nothing twice. */
    suggested: async (customerId: string, limit: number): Promise<readonly string[]> => {
      const { rows } = await pool.query<{ sku: string }>(selectSuggested, [customerId, limit])
      return rows.map(({ sku }) => sku)
    },
    /** Deletes all of a customer. */
    forget: (customerId: string): Promise<void> =>
      inTransaction(async (client) => {
        for (const text of forgetting) await client.query(text, [customerId])
      }),
    /** Returns whether there may be more to delete. */
    prune: async (): Promise<boolean> => {
      let more = false
      for (const text of prunings) {
        const { rowCount } = await pool.query(text, [options.keepDays, prunedAtOnce])
        more ||= rowCount === prunedAtOnce
      }
      return more
    },
    close: () => pool.end(),
  }
}

const places = { changed: 0, ordered: 0, recommended: 1, viewed: 2 } as const

function byRow(one: ShopEvent, other: ShopEvent): number {
  const place = places[one.kind] - places[other.kind]
  return place === 0 ? Number(one.customerId > other.customerId) - Number(one.customerId < other.customerId) : place
}

async function takeOne(client: pg.PoolClient, event: ShopEvent): Promise<void> {
  const { customerId, at } = event
  switch (event.kind) {
    case 'viewed':
      await client.query(keepView, [customerId, event.sku, at])
      return
    case 'recommended':
      await client.query(keepRecommendation, [customerId, event.skus, at])
      return
    case 'ordered':
      await client.query(closeCart, [customerId, at])
      return
    case 'changed':
      if (event.items.length === 0) await client.query(closeCart, [customerId, at])
      else await client.query(changeCart, [customerId, JSON.stringify(event.items), at])
  }
}

function poolOf({ url, poolSize, onIdleError }: StoreOptions): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    options: '-c role=carts -c search_path=carts',
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    query_timeout: 12_000,
    idle_in_transaction_session_timeout: 60_000,
    keepAlive: true,
  })
  pool.on('error', onIdleError)
  // A connection that ends in the packet of its last answer emits its error between two statements.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

function transactions(pool: pg.Pool) {
  return async <T>(work: (client: pg.PoolClient) => Promise<T>): Promise<T> => {
    const client = await pool.connect()
    let failure: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(client)
      await client.query('COMMIT')
      return result
    } catch (error) {
      // The connection goes with its transaction.
      failure = error instanceof Error ? error : new Error(String(error))
      throw error
    } finally {
      client.release(failure)
    }
  }
}
