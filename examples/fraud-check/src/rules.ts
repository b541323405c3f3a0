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
}

export function reasonsFor({ kind, totalCents, count }: Behaviour, limits: Limits): Reason[] {
  switch (kind) {
    case 'order':
      return [
        ...(totalCents > limits.totalCents ? (['LARGE_ORDER'] as const) : []),
        ...(count > limits.orders ? (['MANY_ORDERS'] as const) : []),
      ]
    case 'decline':
      return count > limits.declines ? ['MANY_DECLINES'] : []
  }
}
