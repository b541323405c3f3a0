// What runs to its end before the stages start? The migration of the built-in stages' tables, and
// the Jobs of the pipeline's file.
import { join } from 'node:path'
import { CommandError } from '@orderpipeline/cli/embedding'
import type { PostgresConnection } from '@orderpipeline/cluster/supervised'
import { processEnvironment } from '../decide/environment.ts'
import type { ContainerContext } from '../decide/environment.ts'
import type { Steps } from '../steps.ts'
import { runToEnd } from './job.ts'
import type { JobDocument } from './pipeline-file.ts'
import type { Programs } from './programs.ts'
import { shellProgram } from './run-command.ts'

/**
 * Goods to sell, as on the local cluster (charts/order-shop/values-local.yaml); a shop that has any
 * is left as it is.
 */
const demonstrationGoods = { SEED_PRODUCTS: '200', SEED_STOCK_QUANTITY: '1000000000' }

/** Needs no Kafka, whose start takes longer. */
export async function migrate(database: PostgresConnection, programs: Programs, steps: Steps): Promise<void> {
  const { services, port, database: name } = database
  const servicesUrl = `postgres://${encodeURIComponent(services.user)}:${encodeURIComponent(services.password)}@127.0.0.1:${port}/${name}`
  const variables = {
    DATABASE_URL: database.adminUrl,
    SERVICES_DATABASE_URL: servicesUrl,
    ...demonstrationGoods,
  }
  const program = {
    command: process.execPath,
    args: [join(programs.app, 'migrate.mjs')],
    cwd: programs.app,
    env: { ...programs.env },
  }
  await steps.run('Tables and products', () => runToEnd('The migration', program, variables))
}

/** Those that --run names a command for; a note names the others. @throws CommandError */
export async function runJobs(
  jobs: readonly JobDocument[],
  commands: ReadonlyMap<string, string>,
  context: Omit<ContainerContext, 'ports'>,
  steps: Steps,
  note: (text: string) => void,
): Promise<void> {
  for (const { name, container } of jobs) {
    const command = commands.get(name)
    if (command === undefined) {
      note(`the Job ${name} is not run here; use --run ${name}='<command>' to run a program instead`)
      continue
    }
    const environment = processEnvironment(container, { ...context, ports: {} })
    if (environment.kind === 'incomplete') throw new CommandError(`The Job ${name} lacks ${environment.message}.`)
    await steps.run(`Job ${name}`, () =>
      runToEnd(`The Job ${name}`, shellProgram(command, process.env), environment.variables),
    )
  }
}
