// `orderpipeline console`: pipelines in a browser, served on this machine with the user's own
// kubeconfig.
import { kubeconfigFiles } from '@orderpipeline/client'
import { openBrowser, privatePage } from '@orderpipeline/cluster/browser'
import { UsageError, CommandError } from '../environment.ts'
import type { Environment } from '../environment.ts'
import { clusterOptions } from '../kube/options.ts'
import type { ClusterOptions } from '../kube/options.ts'
import type { CommandContext, CommandDefinition } from '../program.ts'
import { groups } from '../groups.ts'

interface Options extends ClusterOptions {
  readonly port?: string
  readonly open?: true
  readonly allowWrites?: true
  readonly traceUrl?: string
  readonly prometheus?: string
  readonly json?: true
}

const usualPort = 4480

export const consoleCommand: CommandDefinition = {
  name: 'console',
  group: groups.running,
  examples: [
    'orderpipeline console --open',
    'orderpipeline console -n shops --port 8090',
    'orderpipeline console --allow-writes --open',
    'orderpipeline console --prometheus http://127.0.0.1:9090',
    'orderpipeline console --json',
  ],
  exitCodes: { 0: 'ended by Ctrl-C', 1: 'could not start' },
  describe: (command, action) => {
    clusterOptions(command)
      .description(
        'Show pipelines in a browser: slow stages, the reasons for the number of replicas, orders, dead letters. Served on 127.0.0.1 only, until Ctrl-C',
      )
      .option('--port <port>', `port of 127.0.0.1; default: ${usualPort}, or a free one if that is in use`)
      .option('--open', 'open the console in the browser')
      .option(
        '--allow-writes',
        'allow writes with your rights: replay and discard dead letters, suspend, cancel; the printed address contains the key that they need',
      )
      .option(
        '--trace-url <url>',
        'address of a trace with {traceId} in the place of its id, such as https://jaeger.example.com/trace/{traceId}; orders link to it',
      )
      .option(
        '--prometheus <url>',
        'address of a Prometheus that scrapes the operator and the pipelines, for timelines of 6 and 24 hours; default: that of npm run up, on the local cluster',
      )
      .option('--json', 'as JSON, one line with the url once the console is served')
      .action((options: Options) => action((context) => serve(options, context)))
  },
}

async function serve(options: Options, { environment, signal }: CommandContext): Promise<number> {
  const requestedPort = portOf(options.port)
  const server = await openConsole(environment, options, requestedPort)
  environment.stdout.write(
    options.json
      ? `${JSON.stringify({ url: server.address })}\n`
      : `The console is at ${server.address} (${manner(options)}). Ctrl-C ends it.\n`,
  )
  const page = options.open && options.allowWrites ? await privatePage(server.address) : undefined
  const noBrowser = (reason: string): void =>
    void environment.stderr.write(`No browser could be opened (${reason}); open ${page?.url ?? server.url}\n`)
  if (options.open) openBrowser(page?.url ?? server.url, noBrowser)
  await aborted(signal)
  await server.close()
  await page?.remove()
  return 0
}

async function openConsole(environment: Environment, options: Options, port: number | undefined) {
  // Loaded only here: it would slow the start of every other command.
  const { isPrometheusUrl, isTraceUrl, startConsole } = await import('@orderpipeline/console')
  const { traceUrl } = options
  if (traceUrl !== undefined && !isTraceUrl(traceUrl))
    throw new UsageError(
      `--trace-url: found ${JSON.stringify(traceUrl)}; allowed: an address such as https://jaeger.example.com/trace/{traceId}`,
    )
  const prometheus = options.prometheus ?? (await localPrometheus(environment, options))
  if (prometheus !== undefined && !isPrometheusUrl(prometheus))
    throw new UsageError(
      `--prometheus: found ${JSON.stringify(prometheus)}; allowed: an address such as http://127.0.0.1:9090`,
    )
  const settings = { ...options, prometheus, user: environment.user, command: 'orderpipeline' }
  const say = (line: string): void => void environment.stderr.write(`${line}\n`)
  const on = (port: number) => startConsole(environment, { ...settings, port, say })
  try {
    return await on(port ?? usualPort)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error
    if (port === undefined) return await on(0)
    throw new CommandError(`--port: ${port} is in use by another program.`, {
      advice: 'Choose another port, or end that program.',
      cause: error,
    })
  }
}

/** Where the console shows the local cluster. */
async function localPrometheus(environment: Environment, { kubeconfig }: Options): Promise<string | undefined> {
  const { localPrometheus: local } = environment
  const files = kubeconfigFiles(kubeconfig === undefined ? environment : { ...environment, kubeconfig })
  return files.every((file) => file === local?.kubeconfig) ? local?.url() : undefined
}

function manner({ allowWrites }: Options): string {
  return allowWrites
    ? 'this machine only; anyone with this address can act with your rights'
    : 'read-only; this machine only'
}

function portOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const port = Number(text)
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port
  throw new UsageError(`--port: found ${JSON.stringify(text)}; allowed: a whole number from 1 to 65535`)
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
}
