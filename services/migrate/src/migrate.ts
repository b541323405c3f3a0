// How does an empty database, or yesterday's, become today's? Run as often as you like, from as
// many places at once.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { builtInStageNames, isBuiltInStage } from '@orderpipeline/order-events'
import { connectAdministrator } from '@orderpipeline/postgres'
import type { Administrator } from '@orderpipeline/postgres'
import { makeMonths } from './sql/months.ts'
import { isEmpty, seedProducts, seedStock } from './sql/seed.ts'

export interface MigrateOptions {
  readonly databaseUrl: string
  readonly tlsCa?: string | undefined
  readonly servicesDatabaseUrl?: string | undefined
  readonly migrationsDir?: string | undefined
  readonly seedProducts: number
  readonly seedStockQuantity: number
  readonly log: (line: string) => void
}

/** Schema and role of each, in the order in which they are migrated. */
export const services: readonly string[] = [...builtInStageNames, 'payment_provider']
const stageKit = 'kit-stage'

/** @throws DatabaseError; a service whose migration failed keeps what it had before that file. */
export async function migrate(options: MigrateOptions): Promise<void> {
  const { log } = options
  const administrator = await connectAdministrator({ url: options.databaseUrl, tlsCa: options.tlsCa, log })
  try {
    const login = loginOf(options.servicesDatabaseUrl, options.databaseUrl)
    if (login) await administrator.ensureLogin(login.user, login.password)
    for (const service of services) {
      await administrator.ensureService(service, login?.user)
      const directory = migrationsOf(service, options.migrationsDir)
      if (directory === undefined) continue
      const run = await administrator.migrate(service, directory)
      // After their own migrations stages are given what every stage has.
      const kit = isBuiltInStage(service) ? migrationsOf(stageKit, options.migrationsDir) : undefined
      if (kit !== undefined) run.push(...(await administrator.migrate(service, kit, 'kit_migrations')))
      log(run.length === 0 ? `${service}: up to date` : `${service}: ${run.join(', ')}`)
    }
    await administrator.execute('orders', makeMonths)
    if (options.seedProducts > 0) await seed(administrator, options)
  } finally {
    await administrator.close()
  }
}

/**
 * Only a shop without products is seeded, so that nothing comes back that was deleted. Stock is
 * written first: a run that ends between the two leaves a shop that still counts as empty, and the
 * next run completes it.
 */
async function seed(administrator: Administrator, options: MigrateOptions): Promise<void> {
  const { seedProducts: count, seedStockQuantity, log } = options
  const empty = (await administrator.execute('orders', isEmpty)) > 0
  if (!empty) {
    log('not seeded: the shop has products')
    return
  }
  const stock = await administrator.execute('inventory', seedStock, [count, seedStockQuantity])
  const products = await administrator.execute('orders', seedProducts, [count])
  log(`seeded ${products} products and the stock of ${stock}`)
}

/**
 * Nothing to make where the services connect as the administrator, as a developer's own database
 * may have it.
 */
function loginOf(servicesUrl: string | undefined, adminUrl: string): { user: string; password: string } | undefined {
  if (servicesUrl === undefined) return undefined
  const { username, password } = new URL(servicesUrl)
  if (username === new URL(adminUrl).username) return undefined
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/**
 * In the image: `migrations/<service>` next to the program. In the repository:
 * `services/<service>/migrations`, `packages/stage/migrations`.
 */
function migrationsOf(service: string, baseFolder: string | undefined): string | undefined {
  const folder = service.replaceAll('_', '-')
  const source = service === stageKit ? 'packages/stage' : `services/${folder}`
  const candidates =
    baseFolder === undefined
      ? [join(import.meta.dirname, 'migrations', folder), join(import.meta.dirname, '../../..', source, 'migrations')]
      : [join(baseFolder, folder)]
  return candidates.find((candidate) => existsSync(candidate))
}
