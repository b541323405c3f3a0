// How does the simulated payment provider answer a request to charge? A repeated idempotency key
// gets the recorded charge. A new one is answered after the configured latency: its key decides
// whether the charge is declined, and the charge is in the ledger (PostgreSQL) before the answer. A
// configured share of new requests fails with 500.
import { HttpProblemError, overloaded } from '@orderpipeline/http'
import { declineReason, delayMs, failureOf } from './behaviour.ts'
import type { Behaviour } from './behaviour.ts'
import type { Charge, ChargeRequest, Ledger } from './ledger.ts'

export interface ChargesOptions {
  readonly ledger: Ledger
  readonly behaviour: () => Behaviour
  /** Requests in progress at once; beyond it a request is answered 503. */
  readonly maxActive: number
  readonly newId: () => string
  /** From [0, 1). */
  readonly random: () => number
  readonly sleep: (milliseconds: number) => Promise<void>
  /** Called with the number of requests in progress when it changes. */
  readonly onActive: (active: number) => void
  /** Called once for each new charge, also if it is declined. */
  readonly onCharged: (charge: Charge) => void
}

export interface Charges {
  /** @throws HttpProblemError */
  charge(idempotencyKey: string, request: ChargeRequest): Promise<Charge>
}

export function createCharges(options: ChargesOptions): Charges {
  const { ledger, random } = options
  const active = new Set<string>()

  const perform = async (idempotencyKey: string, request: ChargeRequest): Promise<Charge> => {
    const previous = await ledger.find(idempotencyKey)
    if (previous) return previous
    const behaviour = options.behaviour()
    await options.sleep(delayMs(behaviour, random()))
    const failure = failureOf(behaviour, random())
    if (failure === 'before charging') throw simulatedFailure()
    const reason = declineReason(idempotencyKey, behaviour)
    const chargeId = options.newId()
    const charge = await ledger.record({
      ...request,
      chargeId,
      idempotencyKey,
      status: reason === undefined ? 'captured' : 'declined',
      reason: reason ?? null,
    })
    if (charge.chargeId === chargeId) options.onCharged(charge)
    if (failure === 'after charging') throw simulatedFailure()
    return charge
  }

  return {
    charge: async (idempotencyKey, request) => {
      if (active.has(idempotencyKey))
        throw new HttpProblemError(409, 'In Flight', 'a charge with this Idempotency-Key is in progress', {
          headers: { 'retry-after': '1' },
        })
      if (active.size >= options.maxActive) throw overloaded('too many charges are in progress', 1)
      active.add(idempotencyKey)
      options.onActive(active.size)
      try {
        return chargeOfRequest(await perform(idempotencyKey, request), request)
      } finally {
        active.delete(idempotencyKey)
        options.onActive(active.size)
      }
    },
  }
}

/** @throws HttpProblemError if the key was used before for another order, customer or amount */
function chargeOfRequest(charge: Charge, { orderId, customerId, amountCents, currency }: ChargeRequest): Charge {
  if (charge.status === 'voided') return charge
  const { orderId: order, customerId: customer, amountCents: amount, currency: unit } = charge
  if (order === orderId && customer === customerId && amount === amountCents && unit === currency) return charge
  throw new HttpProblemError(422, 'Idempotency Conflict', 'this Idempotency-Key was used before with another charge')
}

function simulatedFailure() {
  return new HttpProblemError(500, 'Internal Error', 'simulated failure')
}
