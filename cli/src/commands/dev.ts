// `orderpipeline dev`: a pipeline on this machine, without Kubernetes, Docker or root.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { CommandError } from '../environment.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { groups } from '../groups.ts'

/** As they are given, not yet checked. */
export interface DevArguments {
  readonly file: readonly string[]
  readonly run?: readonly string[]
  readonly fresh?: true
  readonly maxProcesses: string
  readonly port?: string
  readonly profile: string
  readonly json?: true
  readonly open: boolean
}

type GivenOptions = Partial<Pick<DevArguments, 'file' | 'profile'>> & Omit<DevArguments, 'file' | 'profile'>

const root = join(import.meta.dirname, '..', '..', '..')
const runtime = join(root, 'dev', 'src', 'index.ts')
const shop = join(root, 'examples', 'shop.yaml')

export const dev: CommandDefinition = {
  name: 'dev',
  group: groups.before,
  examples: [
    'orderpipeline dev                                    # the shop of examples/shop.yaml',
    "orderpipeline dev -f shop.yaml --run audit='node audit.mjs'",
    'orderpipeline dev -f shop.yaml -f secrets.yaml --fresh',
    'orderpipeline dev -f shop.yaml --profile shop        # with tokens, mails, traces, Redis and a read replica',
  ],
  exitCodes: {
    0: 'ended by Ctrl-C, every stage drained',
    1: 'could not start',
    130: 'ended at once by a second Ctrl-C',
  },
  describe: (command, action) => {
    command
      .description(
        'Run a pipeline on this machine: topics in a Kafka of its own, stages as processes that scale as in a cluster; edits of the file are applied',
      )
      .option(
        '-f, --file <file...>',
        'YAML with one OrderPipeline, and the Secrets and Jobs it needs; default: the example shop',
      )
      .option(
        '--run <stage=command...>',
        "the command to run for a stage or a Job that has an image: audit='node audit.mjs'",
      )
      .option('--fresh', 'first delete the orders, messages and ports of earlier runs')
      .option('--max-processes <n>', 'limit of the replicas of all stages together', '120')
      .option('--port <port>', "port of the gateway; default: its Service's nodePort, or 30080")
      .option(
        '--profile <name>',
        'shop: with an issuer of tokens, a mail catcher, a trace collector, Redis and a read replica for what the file leaves open; plain: as the file says; default: shop without --file, else plain',
      )
      .option('--no-open', 'do not open the console in the browser, as a terminal on a desktop does; as BROWSER=none')
      .option('--json', 'as JSON, one line once the pipeline runs: addresses, state, and the objects that are not run')
      .action((options: GivenOptions) => action((context) => run(options, context)))
  },
}

async function run(options: GivenOptions, { environment, signal }: CommandContext): Promise<number> {
  if (!existsSync(runtime))
    throw new CommandError(
      'orderpipeline dev runs from a clone of the project, with the sources of the stages next to it.',
      {
        advice: 'In a clone: npm start, or npm run orderpipeline -- dev -f your.yaml',
      },
    )
  // Loaded only here, and never bundled: it brings the sources of every stage.
  const { dev: perform } = (await import(pathToFileURL(runtime).href)) as {
    dev: (options: DevArguments, context: CommandContext) => Promise<number>
  }
  const { file, profile = file === undefined ? 'shop' : 'plain' } = options
  return await perform({ ...options, profile, file: file ?? [shop] }, { environment, signal })
}
