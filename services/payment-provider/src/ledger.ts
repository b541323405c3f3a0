// What has been charged? One row for each idempotency key, however many callers ask and however
// often; kept in PostgreSQL, so that a restart loses nothing. Callers that wait together share a
// round trip.
import { createBatcher } from '@orderpipeline/batcher'
import type { Queryable } from '@orderpipeline/postgres'
import { insertCharges, selectCaptures, selectChargesByKey, selectChargesOfOrder } from './sql/charges.ts'

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
  readonly disputed: boolean
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
  const byKey = async (keys: readonly string[]): Promise<ReadonlyMap<string, Charge>> => {
    const charges = keys.length === 0 ? [] : await database.query<Charge>(selectChargesByKey, [keys])
    return new Map(charges.map((charge) => [charge.idempotencyKey, charge]))
  }
  const lookups = createBatcher<string, Charge | undefined>({
    ...bounds,
    perform: async (keys) => {
      const charges = await byKey(keys)
      return keys.map((key) => charges.get(key))
    },
  })
  const records = createBatcher<Charge, Charge>({
    ...bounds,
    perform: async (charges) => {
      const column = <Name extends keyof Charge>(name: Name) => charges.map((charge) => charge[name])
      const added = await database.query<Pick<Charge, 'chargeId'>>(insertCharges, [
        column('chargeId'),
        column('idempotencyKey'),
        column('orderId'),
        column('customerId'),
        column('amountCents'),
        column('currency'),
        column('status'),
        column('reason'),
      ])
      const addedIds = new Set(added.map(({ chargeId }) => chargeId))
      // Another replica, or a void, had the key first.
      const otherKeys = charges.flatMap((charge) => (addedIds.has(charge.chargeId) ? [] : [charge.idempotencyKey]))
      const earlierCharges = await byKey(otherKeys)
      return charges.map((charge) => {
        if (addedIds.has(charge.chargeId)) return charge
        return (
          earlierCharges.get(charge.idempotencyKey) ?? new Error('the ledger lacks the charge of a key that it has')
        )
      })
    },
  })
  return {
    find: (key) => lookups.add(key),
    record: (charge) => records.add(charge),
    ofOrder: (orderId) => database.query<Charge>(selectChargesOfOrder, [orderId]),
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

/**
 * Charge ids are uuids of version 7, which begin with 48 bits of Unix milliseconds: what comes
 * before all of that time.
 */
function firstIdOf(at: Date): string {
  const hexadecimal = at.getTime().toString(16).padStart(12, '0').padEnd(32, '0')
  return hexadecimal.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
