// What can be observed of a process from outside? What it sends to the systems it works with and
// what they answer, as it passes on the wire.

/**
 * `halfway`: the first part of a request in several parts has arrived and the others never will.
 */
export type WirePhase = 'asked' | 'halfway' | 'answered'

export interface WireEvent {
  readonly phase: WirePhase
  /** Name of the statement, of the Kafka request, or of the HTTP route. */
  readonly operation: string
  /**
   * For a statement: its parameters. For a request over HTTP or a mail: its idempotency key or
   * Message-ID.
   */
  readonly values: readonly string[]
  /** Rows of an answered statement. */
  readonly rows: readonly (readonly string[])[]
  /**
   * For a statement: those of the same transaction before it, itself included once it is answered.
   */
  readonly within: readonly WireStatement[]
}

export interface WireStatement {
  readonly operation: string
  /** Rows of the answered ones. */
  readonly rows: readonly (readonly string[])[]
}

/**
 * True: the process has just been killed, and what it sent, or was to receive, must not get any
 * further.
 */
export type WireObserver = (wireEvent: WireEvent) => boolean

export function wireEvent(side: WirePhase, what: string, more: Partial<WireEvent> = {}): WireEvent {
  return {
    ...{ phase: side, operation: what, values: [], rows: [], within: [] },
    ...more,
  }
}
