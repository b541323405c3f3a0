// Where is the database, and how is it reached? The variables of every service that connects to it.
import { ConfigError } from './read-config.ts'
import { variables } from './variables.ts'

/** For the schema of a service's configuration. */
export const databaseVariables = {
  DATABASE_URL: variables.url(['postgres', 'postgresql']),
  /**
   * What listens at DATABASE_URL: PostgreSQL or a pooler in session mode, or a pooler in
   * transaction mode such as PgBouncer.
   */
  DATABASE_POOLER: variables.oneOf(['none', 'transaction']).default('none'),
  /** PEM. The connection is encrypted, and the server's certificate must be of this authority. */
  DATABASE_TLS_CA: variables.text('certificates as PEM').optional(),
}

export interface DatabaseConfig {
  readonly DATABASE_URL: string
  readonly DATABASE_POOLER: 'none' | 'transaction'
  readonly DATABASE_TLS_CA?: string | undefined
}

export interface DatabaseSettings {
  readonly url: string
  readonly pooled: boolean
  readonly tlsCa: string | undefined
}

/** The modes of a URL under which no certificate is verified. */
const unverifiedModes: readonly string[] = ['disable', 'allow', 'prefer', 'no-verify']

/** `url`: another database than that of DATABASE_URL, reached alike. @throws ConfigError */
export function databaseSettings(config: DatabaseConfig, url = config.DATABASE_URL): DatabaseSettings {
  const { DATABASE_TLS_CA: tlsCa, DATABASE_POOLER: pooler } = config
  if (tlsCa !== undefined) {
    if (!tlsCa.includes('-----BEGIN CERTIFICATE-----'))
      throw new ConfigError([
        `DATABASE_TLS_CA: found no certificate in ${tlsCa.length} characters; allowed: certificates as PEM`,
      ])
    const mode = new URL(url).searchParams.get('sslmode') ?? 'verify-full'
    if (unverifiedModes.includes(mode))
      throw new ConfigError([
        `DATABASE_URL: found sslmode=${mode}; allowed with DATABASE_TLS_CA: require, verify-ca, verify-full`,
      ])
  }
  return { url, pooled: pooler === 'transaction', tlsCa }
}
