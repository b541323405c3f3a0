// How is money given back, once, however many callers ask and however often? And how is a charge
// stopped that may be under way? Both by the first row in the ledger.
import { HttpProblemError } from '@orderpipeline/http'
import type { Queryable } from '@orderpipeline/postgres'
import { delayMs, failureOf } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import type { Charge } from './ledger.ts'
import { insertVoid, selectCharge } from './sql/charges.ts'
import { insertRefund, selectRefund, selectRefundsOfOrder } from './sql/refunds.ts'

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
    ofOrder: (orderId) => database.query<Refund>(selectRefundsOfOrder, [orderId]),
  }
}

function unwell() {
  return new HttpProblemError(500, 'Internal Error', 'simulated failure')
}
