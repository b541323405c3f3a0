// How does a customer's bank take a charge back, and how does that end? Both by calls that a person
// or a test makes: no bank does anything here by itself.
import { HttpProblemError } from '@orderpipeline/http'
import type { Pool } from '@orderpipeline/postgres'
import {
  closeDispute,
  insertDispute,
  lockCapturedCharge,
  selectChangedDisputes,
  selectDispute,
  selectDisputeOfCharge,
} from './sql/disputes.ts'

export interface Dispute {
  readonly disputeId: string
  readonly chargeId: string
  readonly orderId: string
  readonly customerId: string
  readonly amountCents: number
  readonly currency: string
  readonly reason: string
  readonly status: 'OPEN' | 'WON' | 'LOST'
}

export interface OpeningRequest {
  readonly orderId: string
  /** All that is left of the charge when absent. */
  readonly amountCents?: number | undefined
  readonly reason: string
}

export interface Disputes {
  /** @throws HttpProblemError, DatabaseError */
  open(request: OpeningRequest): Promise<Dispute>
  /** Again with the same outcome changes nothing. @throws HttpProblemError, DatabaseError */
  close(disputeId: string, outcome: 'WON' | 'LOST'): Promise<Dispute>
  /** @throws HttpProblemError, DatabaseError */
  find(disputeId: string): Promise<Dispute>
  /** @throws DatabaseError */
  ofCharge(chargeId: string): Promise<readonly Dispute[]>
  /**
   * A page of those that were opened or closed since then, the oldest first. @throws DatabaseError
   */
  changedSince(since: Date, after?: Place): Promise<DisputePage>
}

/** A dispute in the list of changes. */
export interface Place {
  /** Microseconds of Unix time. */
  readonly changedMicros: number
  readonly disputeId: string
}

export interface DisputePage {
  readonly disputes: readonly Dispute[]
  /** Absent on the last page. */
  readonly last?: Place
}

export function createDisputes(database: Pool, newId: () => string, pageSize = 500): Disputes {
  const find = async (disputeId: string): Promise<Dispute> => {
    const [dispute] = await database.query<Dispute>(selectDispute, [disputeId])
    if (!dispute) throw new HttpProblemError(404, 'Not Found', `no dispute ${disputeId}`)
    return dispute
  }
  return {
    open: async ({ orderId, amountCents, reason }) => {
      const disputeId = newId()
      const dispute = await database.transaction(async (tx) => {
        const [charge] = await tx.query<{ chargeId: string }>(lockCapturedCharge, [orderId])
        if (!charge) return undefined
        await tx.query(insertDispute, [disputeId, charge.chargeId, amountCents ?? null, reason])
        return (await tx.query<Dispute>(selectDispute, [disputeId]))[0]
      })
      if (!dispute) throw nothingToDispute(orderId, amountCents)
      return dispute
    },
    close: async (disputeId, outcome) => {
      await database.query(closeDispute, [disputeId, outcome])
      const dispute = await find(disputeId)
      if (dispute.status !== outcome)
        throw new HttpProblemError(
          409,
          'Closed',
          `found a dispute that is ${dispute.status}; allowed: one that is OPEN`,
        )
      return dispute
    },
    find,
    ofCharge: (chargeId) => database.query<Dispute>(selectDisputeOfCharge, [chargeId]),
    changedSince: async (since, after) => {
      const values = [since, after?.changedMicros ?? null, after?.disputeId ?? null, pageSize]
      const rows = await database.query<Dispute & Place>(selectChangedDisputes, values)
      const last = rows.length === pageSize ? rows.at(-1) : undefined
      const disputes = rows.map(({ changedMicros: _, ...dispute }) => dispute)
      return { disputes, ...(last ? { last } : {}) }
    },
  }
}

function nothingToDispute(orderId: string, amountCents = 1) {
  const what = `no captured charge of order ${orderId} with ${amountCents} left, or it is disputed already`
  return new HttpProblemError(422, 'Nothing To Dispute', what)
}
