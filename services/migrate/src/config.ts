// Which settings does the migrate program read from its environment?
import { databaseVariables, readConfig, variables, type Environment } from '@orderpipeline/config'
import { z } from 'zod'

const schema = z.object({
  /**
   * An administrator's: may create roles and schemas. It must lead to the server itself: a pooler
   * in transaction mode keeps neither lock nor role.
   */
  DATABASE_URL: databaseVariables.DATABASE_URL,
  DATABASE_TLS_CA: databaseVariables.DATABASE_TLS_CA,
  /** The services' own: its user is made, with its password, and let into every service's role. */
  SERVICES_DATABASE_URL: variables.url(['postgres', 'postgresql']).optional(),
  /** Holds a folder of SQL files for each service; the repository's own layout unless given. */
  MIGRATIONS_DIR: variables.text('a directory').optional(),
  /** Goods to try a new shop with; a shop that has products is given none. */
  SEED_PRODUCTS: variables.integer(0, 9_999).default(0),
  SEED_STOCK_QUANTITY: variables.integer(0, 1_000_000_000_000).default(0),
  LOG_LEVEL: variables.logLevel().default('info'),
})

export type Config = ReturnType<typeof configOf>

export function configOf(env: Environment) {
  return readConfig(schema, env)
}
