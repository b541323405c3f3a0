// The migrate program: brings every service's schema up to date, then exits.
import { createLogger } from '@orderpipeline/kit-telemetry'
import { configOf } from './config.ts'
import { migrate } from './migrate.ts'

const config = configOf(process.env)
const logger = createLogger({ service: 'migrate', level: config.LOG_LEVEL })
try {
  await migrate({
    databaseUrl: config.DATABASE_URL,
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
