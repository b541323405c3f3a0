// What has been charged? One row for each idempotency key, however many callers ask and however
// often; kept in PostgreSQL, so that a restart loses nothing. Callers that wait together share a
// round trip.
import { createBatcher } from '@orderpipeline/batcher'
import type { Queryable } from '@orderpipeline/postgres'

export interface ChargeRequest {
  readonly orderId: string
  readonly customerId: string
  readonly amountCents: number
  readonly currency: string
}

export interface Charge extends ChargeRequest {
  readonly chargeId: string
  readonly idempotencyKey: string
  /** Voided: stopped before it charged anything. */
  readonly status: 'captured' | 'declined' | 'voided'
  readonly reason: string | null
}

export interface Captures {
  readonly since: Date
  /** Exclusive. */
  readonly until: Date
  readonly after: string | undefined
  readonly limit: number
}

export interface Capture extends ChargeRequest {
  readonly chargeId: string
  readonly refundedCents: number
}

export interface Ledger {
  find(idempotencyKey: string): Promise<Charge | undefined>
  /**
   * The charge that is in the ledger for this key afterwards: this one, or the one that was there
   * before.
   */
  record(charge: Charge): Promise<Charge>
  ofOrder(orderId: string): Promise<readonly Charge[]>
  /**
   * What was captured in a stretch of time, and how much of it went back; `next` where there is
   * more.
   */
  captures(range: Captures): Promise<{ readonly charges: readonly Capture[]; readonly next?: string }>
  close(): Promise<void>
}

const bounds = { maxBatch: 500, maxInFlight: 2, maxWaiting: 20_000 }

export function createLedger(database: Queryable): Ledger {
  const byKey = async (keys: readonly string[]): Promise<readonly (Charge | undefined)[]> => {
    const charges = await database.query<Charge>(selectByKey, [keys])
    const chargesByKey = new Map(charges.map((charge) => [charge.idempotencyKey, charge]))
    return keys.map((key) => chargesByKey.get(key))
  }
  const lookups = createBatcher<string, Charge | undefined>({ ...bounds, perform: byKey })
  const records = createBatcher<Charge, Charge>({
    ...bounds,
    perform: async (charges) => {
      const column = <Name extends keyof Charge>(name: Name) => charges.map((charge) => charge[name])
      await database.query(insertCharges, [
        column('chargeId'),
        column('idempotencyKey'),
        column('orderId'),
        column('customerId'),
        column('amountCents'),
        column('currency'),
        column('status'),
        column('reason'),
      ])
      const ledgerCharges = await byKey(column('idempotencyKey'))
      return ledgerCharges.map((charge) => charge ?? new Error('the ledger lacks a charge that was just written'))
    },
  })
  return {
    find: (key) => lookups.add(key),
    record: (charge) => records.add(charge),
    ofOrder: (orderId) => database.query<Charge>(selectByOrder, [orderId]),
    captures: async ({ since, until, after, limit }) => {
      const charges = await database.query<Capture>(selectCaptures, [
        after ?? firstIdOf(since),
        firstIdOf(until),
        limit,
      ])
      const last = charges.at(-1)
      return { charges, ...(last && charges.length === limit ? { next: last.chargeId } : {}) }
    },
    close: async () => {
      await Promise.all([lookups.close(), records.close()])
    },
  }
}

/** Sorted, or two replicas with the same keys could each wait for the other. */
const insertCharges = {
  name: 'ledger_insert',
  text: `
INSERT INTO charges (charge_id, idempotency_key, order_id, customer_id, amount_cents, currency, status, reason)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::uuid[], $4::text[], $5::bigint[], $6::text[], $7::text[], $8::text[])
  AS t (charge_id, idempotency_key, order_id, customer_id, amount_cents, currency, status, reason)
ORDER BY idempotency_key
ON CONFLICT (idempotency_key) DO NOTHING`,
}

/** The columns of a Charge. */
export const columns = `charge_id AS "chargeId", idempotency_key AS "idempotencyKey", order_id AS "orderId",
  customer_id AS "customerId", amount_cents AS "amountCents", currency, status, reason`

const selectByKey = {
  name: 'ledger_by_key',
  text: `SELECT ${columns} FROM charges WHERE idempotency_key = ANY($1::text[])`,
}

const selectByOrder = {
  name: 'ledger_by_order',
  text: `SELECT ${columns} FROM charges WHERE order_id = $1 ORDER BY created_at`,
}

/**
 * Charge ids are uuids of version 7, which begin with 48 bits of Unix milliseconds: what comes
 * before all of that time.
 */
function firstIdOf(at: Date): string {
  const hexadecimal = at.getTime().toString(16).padStart(12, '0').padEnd(32, '0')
  return hexadecimal.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

/** $1, $2: ids between which they lie, $3: rows at most. */
const selectCaptures = {
  name: 'ledger_captures',
  text: `
SELECT charges.charge_id AS "chargeId", charges.order_id AS "orderId", charges.customer_id AS "customerId",
  charges.amount_cents AS "amountCents", charges.currency, COALESCE(refunds.amount_cents, 0)::float8 AS "refundedCents"
FROM charges LEFT JOIN refunds USING (charge_id)
WHERE charge_id > $1::uuid AND charge_id < $2::uuid AND status = 'captured'
ORDER BY charge_id
LIMIT $3`,
}
