// What does a failure mean to a caller? What they can act on, in HTTP's terms; anything else stays what it is and is
// answered 500.
import { HttpProblem, overloaded } from '@orderpipeline/kit-http'
import { DatabaseError } from '@orderpipeline/kit-postgres'
import {
  IdempotencyConflict,
  IdempotencyInFlight,
  IntakeFull,
  IntakeUnavailable,
  OrderRefused,
} from '@orderpipeline/orders/intake'

export function problemOf(error: unknown): unknown {
  if (error instanceof IntakeFull) return overloaded('too many orders are waiting; nothing was kept', 1, error)
  if (error instanceof IntakeUnavailable || (error instanceof DatabaseError && error.retry))
    return overloaded('the order database does not answer; repeat with the same Idempotency-Key', 2, error)
  if (error instanceof IdempotencyConflict) return new HttpProblem(422, 'Idempotency Conflict', error.message)
  if (error instanceof IdempotencyInFlight)
    return new HttpProblem(409, 'Idempotency In Flight', error.message, { headers: { 'retry-after': '1' } })
  if (error instanceof OrderRefused) return new HttpProblem(422, 'Order Refused', error.message, { cause: error.cause })
  return error
}

/** Another customer's order is answered in the same words as one that does not exist. */
export const noOrder = (id: string): HttpProblem => new HttpProblem(404, 'Not Found', `no order ${id}`)
