// What does a database error mean for code that must try again or give up?

/**
 * `Unavailable`: the database or its set-up is at fault, not the statement's data (connection lost,
 * starting up, too many clients, schema not migrated yet): wait for it, however long. `Stalled`: a
 * lock or an end did not come in time; wait too, but perhaps only this statement has to.
 * `Contended`: another transaction won; try again a few times. `Rejected`: the data is at fault;
 * trying again cannot help.
 */
export type DatabaseFailure = 'Unavailable' | 'Stalled' | 'Contended' | 'Rejected'

/** What did not come in time: a lock that another session holds, or the statement's own end. */
export type Stall = 'lock' | 'time'

export class DatabaseError extends Error {
  override readonly name = 'DatabaseError'
  readonly reason: DatabaseFailure
  /** Whether doing the same again can succeed. */
  readonly retry: boolean
  /** True where the component is at fault, so that no message should be blamed for it. */
  readonly outage: boolean
  /** Set for an outage that other statements need not be in. */
  readonly stall: Stall | undefined
  /** The SQLSTATE, or Node's error code where the connection failed. */
  readonly code: string

  constructor(reason: DatabaseFailure, code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
    this.code = code
    this.retry = reason !== 'Rejected'
    this.outage = reason === 'Unavailable' || reason === 'Stalled'
    this.stall = reason === 'Stalled' ? stalls.get(code) : undefined
  }
}

export function databaseError(error: unknown): DatabaseError {
  if (error instanceof DatabaseError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const code = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'UNKNOWN'
  return new DatabaseError(failureOf(code), code, cause.message, { cause })
}

/** Serialization failure, deadlock: it ends with the other transaction. */
const contendedCodes = new Set(['40001', '40P01'])

/** Lock not available within its time-out, statement cancelled by its time-out or by a person. */
const stalls = new Map<string, Stall>([
  ['55P03', 'lock'],
  ['57014', 'time'],
])

/**
 * SQLSTATE classes of wrong data: data exception, constraint, cardinality, a function's own RAISE.
 */
const rejectedClasses = new Set(['22', '23', '21', 'P0'])

function failureOf(code: string): DatabaseFailure {
  if (contendedCodes.has(code)) return 'Contended'
  if (stalls.has(code)) return 'Stalled'
  return code.length === 5 && rejectedClasses.has(code.slice(0, 2)) ? 'Rejected' : 'Unavailable'
}
