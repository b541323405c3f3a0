// Which class has an order? The one that a claim of the customer's token names, or else the one that
// its amount gives; a customer cannot choose it with the order.
import { ConfigError, variables } from '@orderpipeline/config'
import { priorityFrom } from '@orderpipeline/order-events'
import type { Priority } from '@orderpipeline/order-events'
import { z } from 'zod'

export const priorityVariables = {
  /** The claim of a customer's token that is the class of their orders: high, standard or low. */
  PRIORITY_CLAIM: variables.text().optional(),
  /** From which amount an order is high, by currency, where no claim says what it is. */
  PRIORITY_HIGH_FROM: variables
    .list()
    .pipe(z.array(z.string().regex(/^[A-Z]{3}=[1-9]\d{0,11}$/)))
    .describe('amounts in minor units by currency, such as EUR=50000,USD=60000')
    .optional(),
}

type Variables = z.output<z.ZodObject<typeof priorityVariables>>

export interface PrioritySettings {
  readonly claim: string | undefined
  /** Minor units by currency. */
  readonly highFrom: ReadonlyMap<string, number>
}

/** `undefined`: orders have no classes. @throws ConfigError where no token has a claim */
export function prioritySettings(config: Variables, authenticated: boolean): PrioritySettings | undefined {
  const { PRIORITY_CLAIM: claim, PRIORITY_HIGH_FROM: amounts } = config
  if (claim === undefined && amounts === undefined) return undefined
  if (claim !== undefined && !authenticated)
    throw new ConfigError([`PRIORITY_CLAIM: found ${claim}; allowed: only where AUTH_… variables are set`])
  const entries = (amounts ?? []).map((text) => text.split('='))
  return { claim, highFrom: new Map(entries.map(([currency = '', amount]) => [currency, Number(amount)])) }
}

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
