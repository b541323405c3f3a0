// What does a failure mean to a caller? What they can act on, in HTTP's terms; anything else stays
// what it is and is answered 500.
import { HttpProblem, overloaded } from '@orderpipeline/http'
import { DatabaseError } from '@orderpipeline/postgres'
import {
  IdempotencyConflict,
  IdempotencyInFlight,
  IntakeFull,
  IntakeUnavailable,
  ItemsNotSold,
  OrderRefused,
  TotalChanged,
} from '@orderpipeline/orders/intake'

export function problemOf(error: unknown): unknown {
  if (error instanceof IntakeFull)
    return overloaded('too many orders are waiting; nothing of this request was stored', 1, error)
  if (error instanceof IntakeUnavailable || (error instanceof DatabaseError && error.retry))
    return overloaded('the order database does not answer; repeat with the same Idempotency-Key', 2, error)
  if (error instanceof IdempotencyConflict)
    return new HttpProblem(422, 'Idempotency Conflict', error.message, {
      problems: [{ path: 'idempotency-key', found: 'the key of another order', allowed: 'a key for each order' }],
    })
  if (error instanceof IdempotencyInFlight)
    return new HttpProblem(409, 'Idempotency In Flight', error.message, {
      problems: [
        {
          path: 'idempotency-key',
          found: 'the key of an order that is being placed',
          allowed: 'the same request, a second later',
        },
      ],
      headers: { 'retry-after': '1' },
    })
  if (error instanceof ItemsNotSold) return notSold(error)
  if (error instanceof TotalChanged) {
    const { expectedCents, totalCents } = error
    const problems = [{ path: 'expectedTotalCents', found: String(expectedCents), allowed: `${totalCents}, or none` }]
    return new HttpProblem(422, 'Total Changed', error.message, { problems })
  }
  if (error instanceof OrderRefused)
    return new HttpProblem(422, 'Order Refused', error.message, {
      problems: [
        { path: 'body', found: 'an order that the database refuses', allowed: 'an order without the refused value' },
      ],
      cause: error.cause,
    })
  return error
}

function notSold({ message, items }: ItemsNotSold): HttpProblem {
  const problems = items.map(({ line, sku, currency, currencies }) => ({
    path: `items[${line}].sku`,
    found: JSON.stringify(sku),
    allowed:
      currencies.length === 0
        ? 'a product that is sold, as GET /v1/products shows them'
        : `a product that is sold in ${currency}; this one is sold in ${currencies.join(', ')}`,
  }))
  return new HttpProblem(422, 'Not Sold', message, { problems })
}

/** Another customer's order is answered in the same words as one that does not exist. */
export function noOrder(id: string): HttpProblem {
  return notThere('id', id, `no order ${id}`, 'the id of an order of this customer')
}

export function notThere(path: string, value: string, detail: string, allowed: string): HttpProblem {
  return new HttpProblem(404, 'Not Found', detail, { problems: [{ path, found: JSON.stringify(value), allowed }] })
}
