// How does an empty database, or yesterday's, become today's? Run as often as you like, from as many places at once.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { connectAdministrator } from '@orderpipeline/kit-postgres'
import { seedProducts, seedStock } from './seed.ts'

export interface MigrateOptions {
  readonly databaseUrl: string
  readonly servicesDatabaseUrl?: string | undefined
  readonly migrationsDir?: string | undefined
  readonly seedProducts: number
  readonly seedStockQuantity: number
  readonly log: (line: string) => void
}

/** Schema and role of each, in the order in which they are migrated. */
export const services = ['orders', 'inventory', 'payment', 'shipping', 'notification', 'payment_provider'] as const

/** @throws DatabaseError; a service whose migration failed keeps what it had before that file. */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { log } = options
  const administrator = await connectAdministrator({ url: options.databaseUrl, log })
  try {
    const login = loginOf(options.servicesDatabaseUrl, options.databaseUrl)
    if (login) await administrator.ensureLogin(login.user, login.password)
    for (const service of services) {
      await administrator.ensureService(service, login?.user)
      const directory = migrationsOf(service, options.migrationsDir)
      if (directory === undefined) continue
      const run = await administrator.migrate(service, directory)
      log(run.length === 0 ? `${service}: up to date` : `${service}: ${run.join(', ')}`)
    }
    await administrator.execute('orders', makeMonths)
    const count = options.seedProducts
    const products = await administrator.execute('orders', seedProducts, [count])
    const stock = await administrator.execute('inventory', seedStock, [count, options.seedStockQuantity])
    log(`seeded ${products} products and the stock of ${stock}`)
  } finally {
    await administrator.close()
  }
}

/** Before any order comes; the orders stage keeps doing it. Older shops, as a test may want one, have no months. */
const makeMonths = `
DO $$ BEGIN
  IF to_regproc('make_order_months') IS NOT NULL THEN PERFORM make_order_months(); END IF;
END $$`

/** Nothing to make where the services connect as the administrator, as a developer's own database may have it. */
function loginOf(servicesUrl: string | undefined, adminUrl: string): { user: string; password: string } | undefined {
  if (servicesUrl === undefined) return undefined
  const { username, password } = new URL(servicesUrl)
  if (username === new URL(adminUrl).username) return undefined
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** In the image: `migrations/<service>` beside the program. In the repository: `services/<service>/migrations`. */
function migrationsOf(service: string, given: string | undefined): string | undefined {
  const folder = service.replaceAll('_', '-')
  const candidates =
    given === undefined
      ? [join(import.meta.dirname, 'migrations', folder), join(import.meta.dirname, '../..', folder, 'migrations')]
      : [join(given, folder)]
  return candidates.find((candidate) => existsSync(candidate))
}
