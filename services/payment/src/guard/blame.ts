// Is an order at fault for which the provider answers with a fault of its own (500)? Only if it
// answers for others meanwhile: while it fails for all orders, nothing is learnt about any one
// order.

export interface Blame {
  /** The provider answered for this order. */
  recordAnswer(orderId: string): void
  /** Whether another order has been answered since this one failed first. */
  failed(orderId: string): boolean
}

/** `maxOrders`: failing orders that are remembered; the oldest are forgotten beyond. */
export function createBlame(maxOrders = 10_000): Blame {
  const firstFailures = new Map<string, number>()
  let answers = 0
  return {
    recordAnswer: (orderId) => {
      answers++
      firstFailures.delete(orderId)
    },
    failed: (orderId) => {
      const since = firstFailures.get(orderId)
      if (since !== undefined) return answers > since
      firstFailures.set(orderId, answers)
      const [oldest] = firstFailures.keys()
      if (firstFailures.size > maxOrders && oldest !== undefined) firstFailures.delete(oldest)
      return false
    },
  }
}
