// Which class has an order? The one that a claim of the customer's token names, or else the one
// that its amount gives; a customer cannot choose it with the order.
import { priorityFrom } from '@orderpipeline/order-events'
import type { Priority } from '@orderpipeline/order-events'
import type { PrioritySettings } from './settings.ts'

/** `undefined`: the token does not say. */
export function claimedPriority(
  payload: Readonly<Record<string, unknown>>,
  claim: string | undefined,
): Priority | undefined {
  if (claim === undefined || !Object.hasOwn(payload, claim)) return undefined
  return priorityFrom(payload[claim])
}

/** The class of an order by what it costs; `undefined` where orders have no classes. */
export function priorityOf(
  settings: PrioritySettings | undefined,
  claimed: Priority | undefined,
  currency: string,
): ((totalCents: number) => Priority) | undefined {
  if (!settings) return undefined
  const highFrom = settings.highFrom.get(currency) ?? Infinity
  return (totalCents) => claimed ?? (totalCents >= highFrom ? 'high' : 'standard')
}
