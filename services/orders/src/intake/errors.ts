// Why was an order not taken in? Each class is one answer the caller can act on.

/** More orders are waiting than the intake holds; nothing of this one was kept. */
export class IntakeFull extends Error {
  override readonly name = 'IntakeFull'
  readonly reason = 'IntakeFull'
  readonly retry = true
}

/**
 * The database did not answer. The order was most likely not kept, but a connection may be lost after its commit:
 * only a repeat with the same idempotency key is safe.
 */
export class IntakeUnavailable extends Error {
  override readonly name = 'IntakeUnavailable'
  readonly reason = 'IntakeUnavailable'
  readonly retry = true
}

/** The idempotency key was used before with another order. */
export class IdempotencyConflict extends Error {
  override readonly name = 'IdempotencyConflict'
  readonly reason = 'IdempotencyConflict'
  readonly retry = false
}

/** The order first sent under this idempotency key has no answer yet; what becomes of it is the answer to this one, too. */
export class IdempotencyInFlight extends Error {
  override readonly name = 'IdempotencyInFlight'
  readonly reason = 'IdempotencyInFlight'
  readonly retry = true
}

/** The database refuses this order's data; others of the same batch are not touched. */
export class OrderRefused extends Error {
  override readonly name = 'OrderRefused'
  readonly reason = 'OrderRefused'
  readonly retry = false
}
