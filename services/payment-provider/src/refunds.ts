// How is money given back, once, however many callers ask and however often? And how is a charge
// stopped that may be under way? Both by the first row in the ledger.
import { HttpProblemError } from '@orderpipeline/http'
import type { Pool } from '@orderpipeline/postgres'
import { delayMs, failureOf } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import type { Charge } from './ledger.ts'
import { insertVoid, selectCharge } from './sql/charges.ts'
import {
  insertPartialRefund,
  insertRefund,
  lockCharge,
  selectPartialRefund,
  selectRefund,
  selectRefundsOfOrder,
} from './sql/refunds.ts'

export interface Refund {
  readonly refundId: string
  readonly chargeId: string
  readonly orderId: string
  readonly amountCents: number
  readonly currency: string
}

/** With the key of the request that made it, by which a caller finds its own. */
export interface ListedRefund extends Refund {
  readonly idempotencyKey: string
}

export interface RefundsOptions {
  readonly database: Pool
  readonly behaviour: () => Behaviour
  readonly newId: () => string
  /** From [0, 1). */
  readonly random: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
}

export interface Refunds {
  /**
   * The refund of this charge, whether made now or before: of all that is left of it, or of a part
   * where an amount is given. @throws HttpProblemError
   */
  refund(idempotencyKey: string, chargeId: string, amountCents?: number): Promise<Refund>
  /**
   * The final meaning of this key: the charge that it made before, or nothing for good. @throws
   * DatabaseError
   */
  void(idempotencyKey: string, about: { readonly orderId: string; readonly customerId: string }): Promise<Charge>
  ofOrder(orderId: string): Promise<readonly ListedRefund[]>
}

export function createRefunds({ database, behaviour, newId, random, sleep }: RefundsOptions): Refunds {
  return {
    refund: async (idempotencyKey, chargeId, amountCents) => {
      const present = behaviour()
      await sleep(delayMs(present, random()))
      const failure = failureOf(present, random())
      if (failure === 'before charging') throw unwell()
      const storedRefund = await database.transaction(async (tx) => {
        await tx.query(lockCharge, [chargeId])
        if (amountCents === undefined) {
          await tx.query(insertRefund, [newId(), idempotencyKey, chargeId])
          return (await tx.query<Refund>(selectRefund, [chargeId]))[0]
        }
        await tx.query(insertPartialRefund, [newId(), idempotencyKey, chargeId, amountCents])
        return (await tx.query<Refund>(selectPartialRefund, [idempotencyKey, chargeId, amountCents]))[0]
      })
      if (!storedRefund) throw nothingToRefund(chargeId, amountCents)
      if (failure === 'after charging') throw unwell()
      return storedRefund
    },
    void: async (idempotencyKey, { orderId, customerId }) => {
      await database.query(insertVoid, [newId(), idempotencyKey, orderId, customerId])
      const [charge] = await database.query<Charge>(selectCharge, [idempotencyKey])
      if (!charge) throw new Error('the ledger lacks a voided key that was just written')
      return charge
    },
    ofOrder: (orderId) => database.query<ListedRefund>(selectRefundsOfOrder, [orderId]),
  }
}

function nothingToRefund(chargeId: string, amountCents: number | undefined) {
  const what = amountCents === undefined ? `no captured charge ${chargeId}` : `not ${amountCents} left of ${chargeId}`
  return new HttpProblemError(422, 'Nothing To Refund', `${what}, it is disputed, or the key belongs to another refund`)
}

function unwell() {
  return new HttpProblemError(500, 'Internal Error', 'simulated failure')
}
