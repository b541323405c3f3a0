// What can be seen of a process from outside? What it says to the systems it works with and what
// they answer, as it passes on the wire.

/** `halfway`: of a request in several parts the first has arrived and the others never will. */
export type Side = 'asked' | 'halfway' | 'answered'

export interface Moment {
  readonly side: Side
  /** Name of the statement, of the Kafka request, or of the HTTP route. */
  readonly what: string
  /**
   * Of a statement: its parameters. Of a request over HTTP or a mail: its idempotency key or
   * Message-ID.
   */
  readonly values: readonly string[]
  /** Of an answered statement. */
  readonly rows: readonly (readonly string[])[]
  /**
   * Of a statement: those of the same transaction that were asked before it, itself included once
   * it is answered.
   */
  readonly within: readonly Asked[]
}

export interface Asked {
  readonly what: string
  /** Of those answered. */
  readonly rows: readonly (readonly string[])[]
}

/**
 * True: the process has just been killed, and what it said, or was to hear, must not get any
 * further.
 */
export type Seen = (moment: Moment) => boolean

export const moment = (side: Side, what: string, more: Partial<Moment> = {}): Moment => ({
  ...{ side, what, values: [], rows: [], within: [] },
  ...more,
})
