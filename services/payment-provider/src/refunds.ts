// How is money given back, once, however many callers ask and however often? And how is a charge
// stopped that may be under way? Both by the first row in the ledger.
import { HttpProblemError } from '@orderpipeline/http'
import type { Queryable } from '@orderpipeline/postgres'
import { delayMs, failureOf } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import { columns } from './ledger.ts'
import type { Charge } from './ledger.ts'

export interface Refund {
  readonly refundId: string
  readonly chargeId: string
  readonly orderId: string
  readonly amountCents: number
  readonly currency: string
}

export interface RefundsOptions {
  readonly database: Queryable
  readonly behaviour: () => Behaviour
  readonly newId: () => string
  /** From [0, 1). */
  readonly random: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
}

export interface Refunds {
  /** The refund of this charge, whether made now or before. @throws HttpProblemError */
  refund(idempotencyKey: string, chargeId: string): Promise<Refund>
  /**
   * The final meaning of this key: the charge that it made before, or nothing for good. @throws
   * DatabaseError
   */
  void(idempotencyKey: string, about: { readonly orderId: string; readonly customerId: string }): Promise<Charge>
  ofOrder(orderId: string): Promise<readonly Refund[]>
}

export function createRefunds({ database, behaviour, newId, random, sleep }: RefundsOptions): Refunds {
  return {
    refund: async (idempotencyKey, chargeId) => {
      const present = behaviour()
      await sleep(delayMs(present, random()))
      const failure = failureOf(present, random())
      if (failure === 'before charging') throw unwell()
      await database.query(insertRefund, [newId(), idempotencyKey, chargeId])
      const [storedRefund] = await database.query<Refund>(selectRefund, [chargeId])
      if (!storedRefund)
        throw new HttpProblemError(
          422,
          'Nothing To Refund',
          `no captured charge ${chargeId}, or the key belongs to another refund`,
        )
      if (failure === 'after charging') throw unwell()
      return storedRefund
    },
    void: async (idempotencyKey, { orderId, customerId }) => {
      await database.query(insertVoid, [newId(), idempotencyKey, orderId, customerId])
      const [charge] = await database.query<Charge>(selectCharge, [idempotencyKey])
      if (!charge) throw new Error('the ledger lacks a voided key that was just written')
      return charge
    },
    ofOrder: (orderId) => database.query<Refund>(selectOfOrder, [orderId]),
  }
}

function unwell() {
  return new HttpProblemError(500, 'Internal Error', 'simulated failure')
}

const insertRefund = {
  name: 'refunds_insert',
  text: `
INSERT INTO refunds (refund_id, idempotency_key, charge_id, order_id, amount_cents, currency)
SELECT $1::uuid, $2::text, charge_id, order_id, amount_cents, currency FROM charges
WHERE charge_id = $3::uuid AND status = 'captured'
ON CONFLICT DO NOTHING`,
}

const refundColumns = `refund_id AS "refundId", charge_id AS "chargeId", order_id AS "orderId",
  amount_cents AS "amountCents", currency`

const selectRefund = {
  name: 'refunds_of_charge',
  text: `SELECT ${refundColumns} FROM refunds WHERE charge_id = $1`,
}

const selectOfOrder = {
  name: 'refunds_of_order',
  text: `SELECT ${refundColumns} FROM refunds WHERE order_id = $1 ORDER BY created_at`,
}

/** XXX is what ISO 4217 calls no currency. */
const insertVoid = {
  name: 'charges_void',
  text: `
INSERT INTO charges (charge_id, idempotency_key, order_id, customer_id, amount_cents, currency, status)
VALUES ($1, $2, $3, $4, 0, 'XXX', 'voided')
ON CONFLICT (idempotency_key) DO NOTHING`,
}

const selectCharge = {
  name: 'charges_of_key',
  text: `SELECT ${columns} FROM charges WHERE idempotency_key = $1`,
}
