// What does it take to show pipelines in a browser? A source of figures, the loop that looks, and a
// server on the loopback address.
import { connect } from '@orderpipeline/client'
import type { KubeClient, ClientEnvironment } from '@orderpipeline/client'
import { once } from '@orderpipeline/retry'
import { pageFiles } from './page-files.ts'
import type { Actions } from './server/actions-port.ts'
import { kubeActions } from './server/kube-actions.ts'
import { laterKube } from './server/later-kube.ts'
import { createObserver } from './server/observer.ts'
import { serveConsole } from './server/server.ts'
import type { ConsoleServer } from './server/server.ts'
import { kubeSource } from './server/source.ts'
import type { Source } from './server/source.ts'

export { carryingCode, pageFiles } from './page-files.ts'
export { isTraceUrl } from './cluster/config.ts'
export { longRanges } from './model/long-range.ts'
export { rangeQueries } from './prometheus/range-queries.ts'
export { isPrometheusUrl } from './prometheus/range-reader.ts'
export type { Rights } from './model/actions.ts'
export type { ConsoleState } from './model/state.ts'
export type { ConsoleServer } from './server/server.ts'
export type { Source } from './server/source.ts'

export interface ConsoleOptions {
  readonly namespace?: string
  readonly context?: string
  readonly kubeconfig?: string
  /** Whether it acts, for who has its key; else it only reads. */
  readonly allowWrites?: boolean
  /** Who runs it, for the record. */
  readonly user?: string | undefined
  /** The address of a trace with `{traceId}` in the place of its id: links of orders. */
  readonly traceUrl?: string | undefined
  /** The address of the development services: links to the mails and traces of the shop. */
  readonly devServicesUrl?: string | undefined
  /** The address of the Prometheus that keeps a longer history. */
  readonly prometheus?: string | undefined
  /** 0: any that is free. */
  readonly port: number
  /** What a person types before a command of `orderpipeline`. */
  readonly command: string
  readonly say: (line: string) => void
}

/** The same for every console of the process. */
const files = once(pageFiles)

type ServingOptions = Pick<ConsoleOptions, 'port' | 'command' | 'say' | 'traceUrl' | 'devServicesUrl' | 'prometheus'>

/**
 * Served until `close`. @throws CommandError where no cluster is found; an Error of code
 * EADDRINUSE where the port is taken
 */
export async function startConsole(environment: ClientEnvironment, options: ConsoleOptions): Promise<ConsoleServer> {
  const kube = await connect(environment, options)
  await files()
  return serveKube(kube, options)
}

interface LaterOptions extends ConsoleOptions, Pick<KubeClient, 'cluster' | 'local'> {
  readonly namespace: string
  readonly after: Promise<void>
}

/**
 * Its address is there at once. The connection to the cluster and the page take a second of a
 * processor; they are made when `after` has resolved or a browser requests them. @throws Error as
 * startConsole
 */
export function startConsoleLater(environment: ClientEnvironment, options: LaterOptions): Promise<ConsoleServer> {
  return serveKube(
    laterKube(() => connect(environment, options), options),
    options,
    options.after,
  )
}

export async function startConsoleOn(
  source: Source,
  options: ServingOptions,
  actions?: Actions,
): Promise<ConsoleServer> {
  await files()
  return serve(source, options, actions)
}

function serveKube(kube: KubeClient, options: ConsoleOptions, after?: Promise<void>): Promise<ConsoleServer> {
  const source = kubeSource(kube, options.namespace)
  const look = async () => {
    await after
    return source.look()
  }
  const actions = options.allowWrites ? kubeActions(kube, options.user) : undefined
  return serve({ ...source, look }, options, actions)
}

async function serve(
  source: Source,
  { port, command, say, traceUrl, devServicesUrl, prometheus }: ServingOptions,
  actions?: Actions,
): Promise<ConsoleServer> {
  const observer = createObserver(source, {
    ...{ command, writes: actions !== undefined, tries: actions?.tryIt !== undefined, traceUrl, devServicesUrl },
    hasPrometheus: prometheus !== undefined,
  })
  const server = await serveConsole({
    source,
    observer,
    files,
    port,
    say,
    prometheus,
    ...(actions && { actions }),
  })
  const stopping = new AbortController()
  const looking = observer.run(stopping.signal)
  return {
    port: server.port,
    url: server.url,
    address: server.address,
    get viewers() {
      return server.viewers
    },
    close: async () => {
      stopping.abort()
      await server.close()
      await looking
    },
  }
}
