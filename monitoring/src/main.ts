// The entry point of `npm run prometheus`: runs a Prometheus for the local cluster, with the
// alerts, until it is interrupted.
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ensureDebianPackages, isFree, statePaths, ToolMissingError } from '@orderpipeline/cluster'
import { Command, InvalidArgumentError } from 'commander'
import { startPrometheus } from './prometheus/start.ts'

interface Flags {
  readonly port: number
  readonly interval: number
  readonly folder?: string
}

function whole(least: number, most: number) {
  return (text: string) => {
    const value = Number(text)
    if (!Number.isInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(`Found ${text}; allowed: a whole number from ${least} to ${most}.`)
    return value
  }
}

/** The address of the Prometheus that `npm run up` has started; undefined where it does not run. */
async function startedByUp(portsFile: string): Promise<string | undefined> {
  const saved = JSON.parse(await readFile(portsFile, 'utf8').catch(() => '{}')) as { readonly prometheus?: number }
  const { prometheus } = saved
  return prometheus === undefined || (await isFree(prometheus)) ? undefined : `http://127.0.0.1:${prometheus}`
}

/** `isUsual`: no option asks for one of its own. */
async function run({ port, interval, folder }: Flags, isUsual: boolean): Promise<number> {
  const { root, kubeconfig, ports } = statePaths()
  if (!existsSync(kubeconfig)) {
    process.stderr.write('The local cluster does not run. Start it with npm run up.\n')
    return 1
  }
  const running = isUsual ? await startedByUp(ports) : undefined
  if (running !== undefined) {
    process.stdout.write(`Prometheus runs already, since npm run up: ${running}/alerts and ${running}/targets\n`)
    return 0
  }
  if (!(await isFree(port))) {
    process.stderr.write(`--port: ${port} is in use; choose another one.\n`)
    return 2
  }
  await ensureDebianPackages(['prometheus'])
  const prometheus = await startPrometheus({
    ...{ kubeconfigFile: kubeconfig, port, intervalSeconds: interval },
    folder: folder ?? join(root, 'prometheus'),
  })
  process.stdout.write(
    [
      `Prometheus reads the metrics of the local cluster every ${interval} s. Ctrl-C ends it.`,
      '',
      `  ${prometheus.url}/targets   the scrape targets`,
      `  ${prometheus.url}/alerts    the alerts, and those that fire (docs/guides/runbooks.md says what to do)`,
      `  ${prometheus.url}/graph?g0.expr=orderpipeline_group_lag&g0.tab=0`,
      '',
    ].join('\n'),
  )
  let interrupted = false
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.once(signal, () => {
      interrupted = true
      void prometheus.close()
    })
  const exitCode = await prometheus.ended
  if (interrupted) return 0
  process.stderr.write(`Prometheus ended with ${exitCode}.\n`)
  return 1
}

const program = new Command('prometheus')
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
  .description(
    'Runs a Prometheus on loopback that reads the metrics of the local cluster and evaluates the alerts; without --port, prints the address of the one that npm run up has started',
  )
  .option('--port <port>', 'of 127.0.0.1', whole(1, 65_535), 9090)
  .option('--folder <path>', 'of its data and configuration; default: one in the state directory of the local cluster')
  .option('--interval <seconds>', 'seconds between two scrapes', whole(1, 300), 15)
program.action(async () => {
  try {
    const isUsual = ['port', 'folder'].every((name) => program.getOptionValueSource(name) !== 'cli')
    process.exitCode = await run(program.opts<Flags>(), isUsual)
  } catch (error) {
    if (!(error instanceof ToolMissingError)) throw error
    process.stderr.write(`${error.message}\n`)
    process.exitCode = 1
  }
})
await program.parseAsync()
