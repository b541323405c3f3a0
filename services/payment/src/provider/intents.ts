// Which object of the provider stands for an order's charge, and may it still be confirmed? Kept in
// the stage's own database, so that it holds for longer than the provider remembers an idempotency
// key.
import type { Queryable } from '@orderpipeline/postgres'
import { intentOf, noteIntent, pruneIntents, stopIntent } from '../sql/intents.ts'

export interface Intent {
  readonly intentId: string | undefined
  /** Nothing may be confirmed for the order any more. */
  readonly stopped: boolean
}

export interface Intents {
  of(orderId: string): Promise<Intent | undefined>
  /** Returns what counts for the order now: this intent, or the one that was noted before. */
  note(orderId: string, intentId: string): Promise<Intent>
  /** Returns the intent that may have to be cancelled. */
  stop(orderId: string): Promise<Intent>
}

interface Row {
  readonly intentId: string | null
  readonly stopped: boolean
}

function fromRow({ intentId, stopped }: Row): Intent {
  return { intentId: intentId ?? undefined, stopped }
}

/** `database`: a function that is called each time, since a stage has it only once it runs. */
export function intentsIn(database: () => Queryable): Intents {
  const one = async (statement: typeof noteIntent, values: unknown[]): Promise<Intent> => {
    const [row] = await database().query<Row>(statement, values)
    if (!row) throw new Error('the table lacks an intent that was just written')
    return fromRow(row)
  }
  return {
    of: async (orderId) => {
      const [row] = await database().query<Row>(intentOf, [orderId])
      return row && fromRow(row)
    },
    note: (orderId, intentId) => one(noteIntent, [orderId, intentId]),
    stop: (orderId) => one(stopIntent, [orderId]),
  }
}

const pruneAtOnce = 1_000

/** Those of the last month are kept. Returns how many went. */
export async function forgetOldIntents(database: Queryable): Promise<number> {
  return (await database.query(pruneIntents, [pruneAtOnce])).length
}
