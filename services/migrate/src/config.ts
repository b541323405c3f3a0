// What is the migrate program told?
import { readConfig, variables } from '@orderpipeline/kit-telemetry'
import { z } from 'zod'

const schema = z.object({
  /** An administrator's: may create roles and schemas. */
  DATABASE_URL: variables.url(['postgres', 'postgresql']),
  /** The services' own: its user is made, with its password, and let into every service's role. */
  SERVICES_DATABASE_URL: variables.url(['postgres', 'postgresql']).optional(),
  /** Holds a folder of SQL files for each service; the repository's own layout unless given. */
  MIGRATIONS_DIR: variables.text('a directory').optional(),
  SEED_PRODUCTS: variables.integer(0, 9_999).default(200),
  SEED_STOCK_QUANTITY: variables.integer(0, 1_000_000_000_000).default(1_000_000_000),
  LOG_LEVEL: variables.logLevel().default('info'),
})

export type Config = ReturnType<typeof configOf>

export function configOf(env: Readonly<Record<string, string | undefined>>) {
  return readConfig(schema, env)
}
