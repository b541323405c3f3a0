// What is suspicious? Pure: what a customer did up to now, against the shop's figures.
import type { Kind, Reason } from './events.ts'

export interface Limits {
  readonly totalCents: number
  readonly orders: number
  readonly declines: number
}

export interface Behaviour {
  readonly kind: Kind
  readonly totalCents: number
  /** Events of the same kind by the same customer within the window, this one included. */
  readonly count: number
  /** Declined payments of the customer within the window, before an order. */
  readonly declines: number
}

/**
 * `holds`: an order is suspected for the declines before it, as long as it can be held back; a
 * decline itself comes too late for that.
 */
export function reasonsFor({ kind, totalCents, count, declines }: Behaviour, limits: Limits, holds = false): Reason[] {
  switch (kind) {
    case 'order':
      return [
        ...(totalCents > limits.totalCents ? (['LARGE_ORDER'] as const) : []),
        ...(count > limits.orders ? (['MANY_ORDERS'] as const) : []),
        ...(holds && declines > limits.declines ? (['MANY_DECLINES'] as const) : []),
      ]
    case 'decline':
      return !holds && count > limits.declines ? ['MANY_DECLINES'] : []
  }
}
