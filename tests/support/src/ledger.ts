// Do the books agree? Reads every service's own tables, as an auditor would, and compares them
// order by order: what was accepted, how it ended, what left the stock, and what was charged.
import pg from 'pg'

export interface Audit {
  readonly accepted: number
  readonly shipped: number
  readonly cancelled: number
  /** Accepted orders that the orders service does not know. */
  readonly lost: number
  readonly unfinished: number
  /** Orders that were both shipped and cancelled. */
  readonly twoEnds: number
  /**
   * SKUs whose stock and reservations do not add up to the initial stock and what came in since.
   */
  readonly stockOff: number
  /**
   * Orders whose reservation does not follow from their end: shipped and not reserved, or reserved
   * and not shipped.
   */
  readonly reservationsOff: number
  /**
   * Orders whose charges minus refunds are not what they should be: the total where it was shipped,
   * nothing where not.
   */
  readonly chargesOff: number
  readonly chargedTwice: number
  /** Orders for which the payment service's books differ from the provider's. */
  readonly paymentsOff: number
  /** Accepted orders shipped without a dispatched shipment, or dispatched without being shipped. */
  readonly shipmentsOff: number
  /** Terminal states without a notification of the customer, or with two. */
  readonly notificationsOff: number
}

/** An audit in which nothing is wrong, for a test to compare with. */
export function flawless(audit: Audit): Audit {
  const { accepted, shipped, cancelled } = audit
  return {
    ...{ accepted, shipped, cancelled },
    ...{ lost: 0, unfinished: 0, twoEnds: 0, stockOff: 0, reservationsOff: 0 },
    ...{ chargesOff: 0, chargedTwice: 0, paymentsOff: 0, shipmentsOff: 0, notificationsOff: 0 },
  }
}

/**
 * By order, in the provider's ledger; refunded orders are as if never charged. Without disputes.
 */
const netOfRefunds = `
  SELECT order_id, sum(amount_cents) AS amount FROM (
    SELECT order_id::uuid, amount_cents FROM payment_provider.charges WHERE status = 'captured'
    UNION ALL SELECT order_id, -amount_cents FROM payment_provider.refunds
    UNION ALL SELECT order_id, -amount_cents FROM payment_provider.partial_refunds) AS moves
  GROUP BY 1 HAVING sum(amount_cents) <> 0`

/**
 * By SKU. Pieces that were sold stay reserved; those that came back are a delivery of their own,
 * named after the return.
 */
const initialStock = `
  WITH held AS (
    SELECT sku, sum(quantity) AS quantity FROM inventory.reservation_items
    JOIN inventory.reservations USING (order_id) WHERE status = 'RESERVED' GROUP BY sku),
  came_in AS (SELECT sku, sum(quantity) AS quantity FROM inventory.restocks GROUP BY sku)
  SELECT sku, available + coalesce(held.quantity, 0) - coalesce(came_in.quantity, 0) AS quantity
  FROM inventory.stock LEFT JOIN held USING (sku) LEFT JOIN came_in USING (sku)`

export class Ledger {
  readonly #pool: pg.Pool

  constructor(adminUrl: string) {
    this.#pool = new pg.Pool({ connectionString: adminUrl, max: 2, connectionTimeoutMillis: 5000 })
    this.#pool.on('error', () => undefined) // PostgreSQL may be restarted under us: the next query fails
    this.#pool.on('connect', (client) => client.on('error', () => undefined)) // and between two of its statements
  }

  close(): Promise<void> {
    return this.#pool.end()
  }

  async unfinished(): Promise<number> {
    return this.#count(`SELECT count(*) FROM orders.orders WHERE status NOT IN ('SHIPPED', 'CANCELLED')`)
  }

  /** Connections of every client to PostgreSQL, this one included. */
  async connections(): Promise<number> {
    return this.#count(`SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'`)
  }

  /** From accepted to shipped, of those of these orders that were shipped. */
  async millisecondsToShip(orderIds: readonly string[]): Promise<Readonly<Record<'p50' | 'p95' | 'p99', number>>> {
    const { rows } = await this.#pool.query<{ ms: number[] | null }>(
      `SELECT percentile_cont(ARRAY[0.5, 0.95, 0.99]) WITHIN GROUP (
         ORDER BY 1000 * extract(epoch FROM shipped.at - placed_at)::float8) AS ms
       FROM unnest($1::uuid[]) AS accepted (order_id) JOIN orders.orders USING (order_id)
       JOIN orders.order_events AS shipped ON shipped.order_id = orders.order_id AND shipped.status = 'SHIPPED'`,
      [orderIds],
    )
    const [p50 = NaN, p95 = NaN, p99 = NaN] = rows[0]?.ms ?? []
    return { p50, p95, p99 }
  }

  /** Charges a second at the provider, between the first and the last charge of that time. */
  async chargesPerSecond(from: Date, until: Date): Promise<{ readonly charges: number; readonly perSecond: number }> {
    const { rows } = await this.#pool.query<{ charges: string; seconds: number | null }>(
      `SELECT count(*) AS charges, extract(epoch FROM max(created_at) - min(created_at))::float8 AS seconds
       FROM payment_provider.charges WHERE created_at BETWEEN $1 AND $2`,
      [from, until],
    )
    const charges = Number(rows[0]?.charges ?? 0)
    return { charges, perSecond: charges < 2 ? 0 : (charges - 1) / (rows[0]?.seconds ?? NaN) }
  }

  /** States of the order that its customer was notified of. */
  async toldOf(orderId: string): Promise<readonly string[]> {
    const { rows } = await this.#pool.query<{ status: string }>(
      'SELECT status FROM notification.notifications WHERE order_id = $1 ORDER BY sent_at',
      [orderId],
    )
    return rows.map(({ status }) => status)
  }

  async audit(acceptedIds: readonly string[]): Promise<Audit> {
    return {
      accepted: acceptedIds.length,
      shipped: await this.#count(
        `SELECT count(*) FROM orders.orders WHERE status = 'SHIPPED' AND order_id = ANY ($1::uuid[])`,
        [acceptedIds],
      ),
      cancelled: await this.#count(
        `SELECT count(*) FROM orders.orders WHERE status = 'CANCELLED' AND order_id = ANY ($1::uuid[])`,
        [acceptedIds],
      ),
      lost: await this.#count(
        `SELECT count(*) FROM unnest($1::uuid[]) AS accepted (id)
         WHERE NOT EXISTS (SELECT FROM orders.orders WHERE order_id = accepted.id)`,
        [acceptedIds],
      ),
      unfinished: await this.unfinished(),
      twoEnds: await this.#count(
        `SELECT count(*) FROM (SELECT order_id FROM orders.order_events WHERE status IN ('SHIPPED', 'CANCELLED')
         GROUP BY order_id HAVING count(*) <> 1) AS ends`,
      ),
      stockOff: await this.#count(`SELECT count(*) FROM (${initialStock}) AS initial WHERE quantity <> $1`, [
        await this.#seededStock(),
      ]),
      reservationsOff: await this.#count(
        `SELECT count(*) FROM orders.orders o FULL JOIN inventory.reservations r USING (order_id)
         WHERE (o.status = 'SHIPPED') IS DISTINCT FROM (coalesce(r.status, '') = 'RESERVED')`,
      ),
      chargesOff: await this.#count(
        `SELECT count(*) FROM (
           SELECT order_id, nullif(total_cents - (
             SELECT coalesce(sum((refund ->> 'amountCents')::bigint), 0) FROM jsonb_array_elements(refunds) AS refund
             WHERE refund ->> 'status' = 'REFUNDED'), 0) AS total_cents
           FROM orders.orders WHERE status = 'SHIPPED') o
         FULL JOIN (${netOfRefunds}) c USING (order_id) WHERE o.total_cents IS DISTINCT FROM c.amount`,
      ),
      chargedTwice: await this.#count(
        `SELECT count(*) FROM (SELECT order_id FROM payment_provider.charges WHERE status = 'captured'
         GROUP BY order_id HAVING count(*) > 1) AS twice`,
      ),
      paymentsOff: await this.#count(
        `SELECT count(*) FROM (
           SELECT order_id, nullif(amount_cents - partly_refunded_cents, 0) AS amount_cents
           FROM payment.payments WHERE status = 'CAPTURED') p
         FULL JOIN (${netOfRefunds}) c USING (order_id) WHERE p.amount_cents IS DISTINCT FROM c.amount`,
      ),
      shipmentsOff: await this.#count(
        `SELECT count(*) FROM unnest($1::uuid[]) AS accepted (order_id)
         LEFT JOIN orders.orders o USING (order_id) LEFT JOIN shipping.shipments s USING (order_id)
         WHERE (o.status = 'SHIPPED') IS DISTINCT FROM (coalesce(s.status, '') = 'DISPATCHED')`,
        [acceptedIds],
      ),
      notificationsOff: await this.#count(
        `SELECT count(*) FROM (SELECT order_id, status FROM orders.orders) o
         FULL JOIN (SELECT order_id, status FROM notification.notifications WHERE status IN ('SHIPPED', 'CANCELLED')) n
         USING (order_id, status) WHERE o.order_id IS NULL OR n.order_id IS NULL`,
      ),
    }
  }

  /**
   * The initial stock of every SKU: the value most SKUs still add up to, since one that is off must
   * not set the measure.
   */
  async #seededStock(): Promise<number> {
    const { rows } = await this.#pool.query<{ quantity: string }>(
      `SELECT mode() WITHIN GROUP (ORDER BY quantity) AS quantity FROM (${initialStock}) AS initial`,
    )
    return Number(rows[0]?.quantity ?? 0)
  }

  async #count(sql: string, values: unknown[] = []): Promise<number> {
    const { rows } = await this.#pool.query<{ count: string }>(sql, values)
    return Number(rows[0]?.count ?? NaN)
  }
}
