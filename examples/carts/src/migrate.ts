// How does the stage get its tables? An administrator runs `migrate` before the stage starts, as
// for the built-in services.
import { readFileSync } from 'node:fs'
import pg from 'pg'
import { z } from 'zod'
import { ConfigError } from './config.ts'
import type { Environment } from './config.ts'

const schemaSql = readFileSync(new URL('./schema.sql', import.meta.url), 'utf8')
const url = z.url({ protocol: /^postgres(ql)?$/ })
const schema = z.object({
  /** The URL of an administrator. */
  DATABASE_URL: url,
  /** The stage's own URL; its user gets access to the schema. */
  SERVICES_DATABASE_URL: url,
})

export async function migrate(env: Environment): Promise<void> {
  const { data, error } = schema.safeParse(env)
  if (error) throw new ConfigError(z.prettifyError(error))
  const login = decodeURIComponent(new URL(data.SERVICES_DATABASE_URL).username)
  const client = new pg.Client({ connectionString: data.DATABASE_URL, connectionTimeoutMillis: 5_000 })
  await client.connect()
  try {
    // Without parameters the statements are one transaction.
    await client.query(schemaSql.replaceAll('$LOGIN', pg.escapeIdentifier(login)))
  } finally {
    await client.end()
  }
}
