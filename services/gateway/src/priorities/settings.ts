// Which settings decide the class of an order? A claim of its customer's token, and amounts. Orders
// have no classes unless one of them is set.
import { ConfigError, variables } from '@orderpipeline/config'
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
