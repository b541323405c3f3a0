// How is a connection made, for the pool and for a session? With TLS where it is wanted, and to a
// server that takes writes.
import type { ClientConfig } from 'pg'
import { DatabaseError } from './errors.ts'
import { enteredColumns, refuseDroppedOptions } from './undeclared-pooler.ts'
import type { Entered } from './undeclared-pooler.ts'

export interface DatabaseAddress {
  /** `postgres://login:password@host:port/database` */
  readonly url: string
  /**
   * Certificates as PEM. With it the connection is encrypted and the server's certificate is
   * verified against it.
   */
  readonly tlsCa?: string | undefined
}

/**
 * `options`: start-up options, behind those of the URL itself. With a CA, `sslmode=verify-ca` in
 * the URL means that the certificate may have another name; every other mode is read as
 * `verify-full`.
 */
export function connectionOptions({ url, tlsCa }: DatabaseAddress, options?: string): ClientConfig {
  // pg lets the URL override every option that is set next to it.
  const plain = new URL(url)
  const own = options === undefined ? null : plain.searchParams.get('options')
  if (options !== undefined) plain.searchParams.delete('options')
  const anyName = plain.searchParams.get('sslmode') === 'verify-ca'
  if (tlsCa !== undefined)
    for (const name of ['sslmode', 'sslrootcert', 'ssl', 'uselibpqcompat']) plain.searchParams.delete(name)
  return {
    connectionString: plain.href,
    ...(options === undefined ? {} : { options: own === null ? options : `${own} ${options}` }),
    ...(tlsCa === undefined
      ? {}
      : { ssl: { ca: tlsCa, ...(anyName ? { checkServerIdentity: () => undefined } : {}) } }),
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
  }
}

/**
 * As libpq's `target_session_attrs=read-write` asks: true on a standby, on a demoted primary and
 * where writing is switched off.
 */
export const connectionCheck = `SELECT current_setting('transaction_read_only') = 'on' AS "readOnly", ${enteredColumns}`

export interface CheckedConnection extends Entered {
  readonly readOnly: boolean
}

export interface ConnectionNeeds {
  readonly role: string
  readonly schema: string
  /** Whether a server that takes no writes is good enough. */
  readonly readOnly: boolean
}

/** @throws DatabaseError */
export function refuseConnection([found]: readonly CheckedConnection[], needs: ConnectionNeeds): void {
  if (found?.readOnly === true && !needs.readOnly)
    throw new DatabaseError('Unavailable', '25006', 'the server accepts no writes: a standby, or a demoted primary')
  refuseDroppedOptions(found, needs)
}
