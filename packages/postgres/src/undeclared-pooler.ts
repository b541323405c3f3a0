// Is there a pooler before the database that was not declared? Role, schema and time-outs are
// start-up parameters of a connection. A pooler in transaction mode refuses them, or drops them,
// and then every statement would run as another role, over the wrong tables.
import { DatabaseError } from './errors.ts'

/** The code of the DatabaseError; no SQLSTATE has this length. */
const code = 'UNDECLARED_POOLER'

const allowed =
  'allowed for a pooler in transaction mode at DATABASE_URL: transaction, with the address of PostgreSQL itself ' +
  'in DATABASE_SESSION_URL of the gateway'

/** As every wrong variable is reported. */
function undeclaredPooler(what: string, cause?: unknown): DatabaseError {
  return new DatabaseError('Unavailable', code, `DATABASE_POOLER: found none, but ${what}; ${allowed}`, { cause })
}

export function isUndeclaredPooler(error: unknown): error is DatabaseError {
  return error instanceof DatabaseError && error.code === code
}

/**
 * PgBouncer's answer to role, schema and time-outs, a protocol violation (08P01); undefined for any
 * other error.
 */
export function optionsRefused(error: unknown): DatabaseError | undefined {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '08P01') return undefined
  return /startup parameter/i.test(error.message)
    ? undeclaredPooler(`what listens there refuses the start-up parameters of a connection (${error.message})`, error)
    : undefined
}

export interface Entered {
  readonly role: string
  readonly schema: string | null
}

/** What a connection has entered. */
export const enteredColumns = `current_user AS role, current_schema() AS schema`

/**
 * A login of its own with a schema set for it is as good as the options.
 * @throws DatabaseError
 */
export function refuseDroppedOptions(entered: Entered | undefined, expected: { role: string; schema: string }): void {
  if (!entered || entered.role === expected.role || entered.schema === expected.schema) return
  throw undeclaredPooler(
    `what listens there drops the role and the schema of a connection (the role is ${entered.role}, not ${expected.role})`,
  )
}
