// Why was an order not accepted? Each class is one answer the caller can act on.

/** More orders are waiting than the intake holds; nothing of this one was stored. */
export class IntakeFullError extends Error {
  override readonly name = 'IntakeFullError'
  readonly reason = 'IntakeFull'
  readonly retry = true
}

/**
 * The database did not answer. The order was most likely not kept, but a connection may be lost
 * after its commit: only a repeat with the same idempotency key is safe.
 */
export class IntakeUnavailableError extends Error {
  override readonly name = 'IntakeUnavailableError'
  readonly reason = 'IntakeUnavailable'
  readonly retry = true
}

/** The idempotency key was used before with another order. */
export class IdempotencyConflictError extends Error {
  override readonly name = 'IdempotencyConflictError'
  readonly reason = 'IdempotencyConflict'
  readonly retry = false
}

/**
 * The order first sent under this idempotency key has no answer yet; what happens to it is the
 * answer to this one, too.
 */
export class IdempotencyInFlightError extends Error {
  override readonly name = 'IdempotencyInFlightError'
  readonly reason = 'IdempotencyInFlight'
  readonly retry = true
}

/** The database refuses this order's data; others of the same batch are not touched. */
export class OrderRefusedError extends Error {
  override readonly name = 'OrderRefusedError'
  readonly reason = 'OrderRefused'
  readonly retry = false
}

export interface ItemNotSold {
  /** Counted from 0. */
  readonly line: number
  readonly sku: string
  readonly currency: string
  /** What the product is sold in; empty for one that is not sold at all. */
  readonly currencies: readonly string[]
}

/** Products that are not sold, or not in the order's currency. Nothing of the order was kept. */
export class ItemsNotSoldError extends Error {
  override readonly name = 'ItemsNotSoldError'
  readonly reason = 'ItemsNotSold'
  readonly retry = false
  readonly items: readonly ItemNotSold[]

  constructor(items: readonly ItemNotSold[]) {
    super('the order has a product that is not sold in its currency')
    this.items = items
  }
}

/** The order costs something else than its customer expects. Nothing of it was kept. */
export class TotalChangedError extends Error {
  override readonly name = 'TotalChangedError'
  readonly reason = 'TotalChanged'
  readonly retry = false
  /** Both in the minor unit of the order's currency. */
  readonly expectedCents: number
  readonly totalCents: number

  constructor(expectedCents: number, totalCents: number, totalText: string) {
    super(`the total of the order is ${totalText} now`)
    this.expectedCents = expectedCents
    this.totalCents = totalCents
  }
}
