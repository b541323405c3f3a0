// What happens to a repeat while the first request under its idempotency key is being placed? It
// waits a short time for the answer to the first, which is its own, too; after that the answer says
// that the first is still in flight. Keys of other gateways are in the database (place-orders.ts);
// nothing here queries it.
import { IdempotencyConflictError, IdempotencyInFlightError } from './errors.ts'
import { isSameOrder, keyOf } from './new-order.ts'
import type { NewOrder, OrderRequest } from './new-order.ts'
import type { Placement } from './repeats.ts'

export type PlaceNewOrder = (order: NewOrder) => Promise<Placement>

interface First {
  readonly request: OrderRequest
  /** Settles once the key is free again. */
  readonly placement: Promise<Placement>
}

/**
 * `maxWaiting`: repeats that wait at once; one more is refused at once. @throws what `place`
 * throws, IdempotencyConflictError, IdempotencyInFlightError
 */
export function oneAtATime(place: PlaceNewOrder, patienceMs: number, maxWaiting: number): PlaceNewOrder {
  const firsts = new Map<string, First>()
  let waiting = 0

  const placeFirst = (key: string, order: NewOrder): Promise<Placement> => {
    const placement = place(order).finally(() => firsts.delete(key))
    firsts.set(key, { request: order.request, placement })
    return placement
  }
  /** Where the first fails, one of those who waited is the next first. */
  const repeat = async (key: string, order: NewOrder, late: Promise<'late'>): Promise<Placement> => {
    for (let first = firsts.get(key); first; first = firsts.get(key)) {
      const outcome = await Promise.race([first.placement.catch(() => undefined), late])
      if (outcome === 'late') throw new IdempotencyInFlightError('the order under this Idempotency-Key is being placed')
      if (!outcome) continue
      if (isSameOrder(first.request, order.request)) return { orderId: outcome.orderId, repeated: true }
      throw new IdempotencyConflictError('this Idempotency-Key was used before with another order')
    }
    return placeFirst(key, order)
  }

  return async (order) => {
    const key = keyOf(order.request)
    if (key === undefined) return place(order)
    if (!firsts.has(key)) return placeFirst(key, order)
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(resolve, waiting < maxWaiting ? patienceMs : 0, 'late')
    })
    waiting++
    try {
      return await repeat(key, order, late)
    } finally {
      waiting--
      clearTimeout(timer)
    }
  }
}
