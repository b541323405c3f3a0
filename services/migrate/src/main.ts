// The migrate program: brings every service's schema up to date, then exits.
import { runConfigured } from '@orderpipeline/config'
import { createLogger } from '@orderpipeline/process'
import { migrateConfig } from './config.ts'
import type { MigrateConfig } from './config.ts'
import { migrate } from './migrate.ts'

async function run(config: MigrateConfig): Promise<void> {
  const logger = createLogger({ service: 'migrate', level: config.LOG_LEVEL })
  try {
    await migrate({
      databaseUrl: config.DATABASE_URL,
      tlsCa: config.DATABASE_TLS_CA,
      servicesDatabaseUrl: config.SERVICES_DATABASE_URL,
      migrationsDir: config.MIGRATIONS_DIR,
      seedProducts: config.SEED_PRODUCTS,
      seedStockQuantity: config.SEED_STOCK_QUANTITY,
      log: (line) => logger.info(line),
    })
  } catch (error) {
    logger.error({ error }, 'not migrated')
    process.exitCode = 1
  }
}

await runConfigured(() => run(migrateConfig(process.env)))
