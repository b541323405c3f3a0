// From which id on need the relay look? Rows that it has deleted stay in the index until vacuum may
// remove them, which an old snapshot can keep it from for hours; read again by each look, they
// would bring the relay to a stop.
//
// Ids commit out of sequence, so the least id that is there is no bound: a lower one may be in a
// transaction that has not committed yet. It is one as soon as every transaction has ended that was
// running when it was noted, and nothing below it is left to be published.
import type { Queryable } from '@orderpipeline/postgres'
import { lowestBelowBound, leastUnpublished, lowerBound, raiseBound, runningNow } from '../sql/outbox.ts'

export interface RelayBound {
  /**
   * Notes a bound, or raises the stored one to what was noted long enough ago. @throws
   * DatabaseError
   */
  trail(database: Queryable): Promise<void>
}

interface Note {
  readonly fromId: string
  /** Transactions below it were running or over. */
  readonly xmax: string
  readonly atMs: number
}

/**
 * An id is drawn a moment before its transaction is numbered; no statement of an intake lasts for
 * as long as this.
 */
const settleMs = 15_000

/** `now`: milliseconds that never go back. */
export function relayBound(now: () => number, afterMs = settleMs): RelayBound {
  let note: Note | undefined
  let raisedTo: string | undefined
  const raise = async (database: Queryable, { fromId, xmax }: Note): Promise<boolean> => {
    // Where nothing is placed, nothing is written.
    if (fromId === raisedTo) return true
    if ((await database.query(raiseBound, [fromId, xmax])).length === 0) return false
    raisedTo = fromId
    return true
  }
  return {
    trail: async (database) => {
      if (note && now() - note.atMs >= afterMs && (await raise(database, note))) note = undefined
      note ??= await noteNow(database, now())
    },
  }
}

/** The transactions are queried last: every id below the noted one has been drawn by then. */
async function noteNow(database: Queryable, atMs: number): Promise<Note | undefined> {
  const [least] = await database.query<{ from_id: string }>(leastUnpublished)
  const [running] = await database.query<{ xmax: string }>(runningNow)
  return least && running && { fromId: String(least.from_id), xmax: running.xmax, atMs }
}

/**
 * Looks below the bound as well, and lowers it should anything be there. It never should: this is
 * for unforeseen cases, such as rows that were inserted by hand. Returns the id that was found.
 * @throws DatabaseError
 */
export async function readBelowBound(database: Queryable): Promise<string | undefined> {
  const [lowest] = await database.query<{ id: string }>(lowestBelowBound)
  if (!lowest) return undefined
  await database.query(lowerBound, [String(lowest.id)])
  return String(lowest.id)
}
