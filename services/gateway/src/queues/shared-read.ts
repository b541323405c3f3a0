// How do all gateways of a shop share one look at Kafka? One of them looks, and writes the result
// into a row that the others read: with fifty gateways and a backlog in every partition, fifty
// looks every few seconds would be most of Kafka's requests. If it fails or dies another gateway
// makes the next look.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Queryable } from '@orderpipeline/postgres'
import { claimLook, endClaim, lastLook, noteLook } from '../sql/shared-looks.ts'

export interface SharedReadOptions {
  readonly database: Queryable
  /** Looks of one name are the same, in every gateway. */
  readonly name: string
  /** The longest that a result is valid, milliseconds. */
  readonly freshMs: number
  /** A look takes no longer, milliseconds; after that another gateway may look. */
  readonly readMs: number
  /** How long the look of another gateway is waited for, milliseconds. */
  readonly patienceMs: number
}

export interface SharedResult<Found> {
  readonly value: Found
  /** Milliseconds since the look. */
  readonly ageMs: number
}

export interface SharedRead<Found> {
  /**
   * The latest result of this gateway or another. @throws what `look` throws, ReadPendingError,
   * DatabaseError
   */
  read(): Promise<SharedResult<Found>>
}

/** Another gateway is looking, and has no result in time. */
export class ReadPendingError extends Error {
  override readonly name = 'ReadPendingError'
  readonly reason = 'LookPending'
  readonly retry = true
}

interface Row {
  readonly found: unknown
  /** `null`: there was no look yet. */
  readonly ageMs: number | null
}

/** From one question to the next whether the other gateway has finished. */
const againMs = 100

/** `look`: what it finds has to be JSON. */
export function createSharedRead<Found>(options: SharedReadOptions, look: () => Promise<Found>): SharedRead<Found> {
  const { database, name, freshMs, readMs, patienceMs } = options
  const fresh = async (): Promise<SharedResult<Found> | undefined> => {
    const [row] = await database.query<Row>(lastLook, [name])
    return row?.ageMs != null && row.ageMs < freshMs ? { value: row.found as Found, ageMs: row.ageMs } : undefined
  }
  const tryClaim = async (): Promise<boolean> =>
    (await database.query(claimLook, [name, freshMs / 1_000, readMs / 1_000])).length > 0
  const lookAndNote = async (): Promise<SharedResult<Found>> => {
    try {
      const result = await look()
      await database.query(noteLook, [name, JSON.stringify(result)])
      return { value: result, ageMs: 0 }
    } catch (error) {
      // Another gateway may reach what this one does not.
      await database.query(endClaim, [name]).catch(() => undefined)
      throw error
    }
  }
  return {
    read: async () => {
      const until = performance.now() + patienceMs
      for (;;) {
        const last = await fresh()
        if (last) return last
        if (await tryClaim()) return lookAndNote()
        if (performance.now() > until) throw new ReadPendingError('another gateway has not finished its read in time')
        await sleep(againMs)
      }
    },
  }
}
