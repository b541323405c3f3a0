// Which settings does the migrate program read from its environment?
import { databaseVariables, readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { z } from 'zod'

const schema = z.object({
  /**
   * The URL of an administrator, who may create roles and schemas. It names the server itself: a
   * pooler in transaction mode keeps neither lock nor role.
   */
  DATABASE_URL: databaseVariables.DATABASE_URL,
  DATABASE_TLS_CA: databaseVariables.DATABASE_TLS_CA,
  /**
   * The services' URL: its user is created with its password as a member of every service's role.
   */
  SERVICES_DATABASE_URL: variables.url(['postgres', 'postgresql']).optional(),
  /** A directory with a folder of SQL files for each service (default: the repository's layout). */
  MIGRATIONS_DIR: variables.text('a directory').optional(),
  /** Sample products of a new shop; a shop with products gets none. */
  SEED_PRODUCTS: variables.integer(0, 9_999).default(0),
  SEED_STOCK_QUANTITY: variables.integer(0, 1_000_000_000_000).default(0),
  LOG_LEVEL: variables.logLevel().default('info'),
})

export type MigrateConfig = ReturnType<typeof migrateConfig>

export function migrateConfig(env: Environment) {
  return readConfig(schema, env)
}
