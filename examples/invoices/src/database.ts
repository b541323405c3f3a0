// How does the stage reach its tables, and which failure is the database's own?
import pg from 'pg'

/** The database is unavailable or overloaded: no message's fault. */
export class DatabaseUnavailableError extends Error {
  override readonly name = 'DatabaseUnavailableError'
  readonly reason = 'DatabaseAway'
  readonly outage = true
}

/**
 * Data exceptions, constraints, and errors of our own code; every other failure is retried,
 * including tables that are not there yet.
 */
export function isOfTheData(error: unknown): boolean {
  return error instanceof TypeError || (error instanceof pg.DatabaseError && /^(22|23)/.test(error.code ?? ''))
}

export interface Connection {
  readonly url: string
  readonly poolSize: number
  readonly onIdleError: (error: Error) => void
}

const searchPath = '-c role=invoices -c search_path=invoices'

export function openPool({ url, poolSize, onIdleError }: Connection): pg.Pool {
  const pool = new pg.Pool({
    connectionString: url,
    max: poolSize,
    options: searchPath,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 10_000,
    query_timeout: 12_000,
    // A replica whose node is gone would hold its locks, and those of the counters.
    idle_in_transaction_session_timeout: 10_000,
    keepAlive: true,
  })
  pool.on('error', onIdleError)
  // The pool listens to idle connections only. One that ends in the packet of its last answer emits
  // its error between two statements, and an error without a listener would end the process. The
  // next statement rejects all the same.
  pool.on('connect', (client) => client.on('error', () => undefined))
  return pool
}

export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken = true
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    broken = false
    return result
  } finally {
    client.release(broken) // a connection that failed is not used again; its end rolls back
  }
}

/** Reads with this many rows in memory. */
const rowsAtOnce = 500

/**
 * The rows of a query that may have very many, as they were when the reader began.
 * `url`: of a connection of its own, since a reader may be as slow as what it writes to.
 */
export async function* rowsOf<Row extends object>(
  url: string,
  query: string,
  values: readonly unknown[],
): AsyncGenerator<Row> {
  const client = new pg.Client({
    connectionString: url,
    options: searchPath,
    connectionTimeoutMillis: 5_000,
    statement_timeout: 60_000,
    query_timeout: 62_000,
    idle_in_transaction_session_timeout: 600_000,
  })
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await client.query(`DECLARE reader NO SCROLL CURSOR FOR ${query}`, [...values])
    for (;;) {
      const { rows } = await client.query<Row>(`FETCH ${rowsAtOnce} FROM reader`)
      yield* rows
      if (rows.length < rowsAtOnce) return
    }
  } finally {
    await client.end()
  }
}
