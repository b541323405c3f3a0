// What does a failure mean to a caller? What they can act on, in HTTP's terms; anything else stays
// what it is and is answered 500.
import { HttpProblemError, overloaded } from '@orderpipeline/http'
import { DatabaseError } from '@orderpipeline/postgres'
import {
  IdempotencyConflictError,
  IdempotencyInFlightError,
  IntakeFullError,
  IntakeUnavailableError,
  ItemsNotSoldError,
  OrderRefusedError,
  TotalChangedError,
} from '@orderpipeline/orders/intake'

export function problemOf(error: unknown): unknown {
  if (error instanceof IntakeFullError)
    return overloaded('too many orders are waiting; nothing of this request was stored', 1, error)
  if (error instanceof IntakeUnavailableError || (error instanceof DatabaseError && error.retry))
    return overloaded('the order database does not answer; repeat with the same Idempotency-Key', 2, error)
  if (error instanceof IdempotencyConflictError)
    return new HttpProblemError(422, 'Idempotency Conflict', error.message, {
      problems: [{ path: 'idempotency-key', found: 'the key of another order', allowed: 'a key for each order' }],
    })
  if (error instanceof IdempotencyInFlightError)
    return new HttpProblemError(409, 'Idempotency In Flight', error.message, {
      problems: [
        {
          path: 'idempotency-key',
          found: 'the key of an order that is being placed',
          allowed: 'the same request, a second later',
        },
      ],
      headers: { 'retry-after': '1' },
    })
  if (error instanceof ItemsNotSoldError) return notSold(error)
  if (error instanceof TotalChangedError) {
    const { expectedCents, totalCents } = error
    const problems = [{ path: 'expectedTotalCents', found: String(expectedCents), allowed: `${totalCents}, or none` }]
    return new HttpProblemError(422, 'Total Changed', error.message, { problems })
  }
  if (error instanceof OrderRefusedError)
    return new HttpProblemError(422, 'Order Refused', error.message, {
      problems: [
        { path: 'body', found: 'an order that the database refuses', allowed: 'an order without the refused value' },
      ],
      cause: error.cause,
    })
  return error
}

function notSold({ message, items }: ItemsNotSoldError): HttpProblemError {
  const problems = items.map(({ line, sku, currency, currencies }) => ({
    path: `items[${line}].sku`,
    found: JSON.stringify(sku),
    allowed:
      currencies.length === 0
        ? 'a product that is sold, as GET /v1/products shows them'
        : `a product that is sold in ${currency}; this one is sold in ${currencies.join(', ')}`,
  }))
  return new HttpProblemError(422, 'Not Sold', message, { problems })
}

/** Another customer's order is answered in the same words as one that does not exist. */
export function noOrder(id: string): HttpProblemError {
  return notThere('id', id, `no order ${id}`, 'the id of an order of this customer')
}

export function notThere(path: string, value: string, detail: string, allowed: string): HttpProblemError {
  return new HttpProblemError(404, 'Not Found', detail, { problems: [{ path, found: JSON.stringify(value), allowed }] })
}
