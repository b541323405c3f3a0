// What does a console in a cluster consist of? One loop of observation for each namespace, with the
// pod's own account, which only lists; and persons, who read and act with their own tokens.
import { CommandError } from '@orderpipeline/client'
import type { ApiServer, PodCluster } from '@orderpipeline/client'
import type { Logger } from '@orderpipeline/process'
import type { PageFiles } from '../page-files.ts'
import { clusterAddresses } from '../server/guard.ts'
import { createObserver } from '../server/observer.ts'
import { serveHttp } from '../server/http-console.ts'
import type { HttpConsole, ServerOptions } from '../server/http-console.ts'
import { looking } from '../server/source.ts'
import type { Source } from '../server/source.ts'
import { clusterVisitors } from './cluster-visitors.ts'
import type { ClusterConfig } from './config.ts'
import { createReviews } from './reviews.ts'
import { createSessions } from './sessions.ts'

export interface ClusterConsoleOptions extends Pick<ServerOptions, 'periods'> {
  readonly config: ClusterConfig
  readonly cluster: PodCluster
  readonly files: PageFiles
  readonly log: Pick<Logger, 'info' | 'error'>
}

export async function startClusterConsole(options: ClusterConsoleOptions): Promise<HttpConsole> {
  const { config, cluster, files, log, periods } = options
  const kube = { ...cluster.own, getInside: reading(config.FLOW_SCALER_URL) }
  const observers = config.NAMESPACES.map((namespace) =>
    createObserver(namespaceSource(kube, cluster.server, namespace), {
      ...{ command: 'orderpipeline', writes: config.ALLOW_WRITES, traceUrl: config.TRACE_URL },
      hasPrometheus: config.PROMETHEUS_URL !== undefined,
    }),
  )
  const addresses = clusterAddresses(config.ORIGINS)
  const visitors = clusterVisitors({
    ...{ cluster, addresses, namespaces: config.NAMESPACES, allowWrites: config.ALLOW_WRITES },
    ...{ tokenHeader: config.TOKEN_HEADER, sessions: createSessions(), reviews: createReviews(cluster) },
    onAction: (action) => log.info(action, 'action'),
  })
  const server = await serveHttp({
    ...{ observers, visitors, port: config.HTTP_PORT, files: () => Promise.resolve(files) },
    cluster: { listen: config.LISTEN_ADDRESS, addresses },
    prometheus: config.PROMETHEUS_URL,
    say: (line) => log.error(line),
    ...(periods && { periods }),
  })
  const stopping = new AbortController()
  const loops = observers.map((observer) => observer.run(stopping.signal))
  return {
    port: server.port,
    get viewers() {
      return server.viewers
    },
    close: async () => {
      stopping.abort()
      await server.close()
      await Promise.all(loops)
    },
  }
}

type Looking = Pick<ApiServer, 'get' | 'getText'> & { readonly getInside: Inside }
type Inside = (url: string, timeoutMs: number) => Promise<string | undefined>

/** What is read for one person is read with their token: never here. */
function namespaceSource(kube: Looking, server: string, namespace: string): Source {
  const refused = () => Promise.reject(new Error('read with the token of a person alone'))
  return {
    ...{ cluster: server, namespace, look: looking(kube, namespace) },
    ...{ order: refused, ordersOf: refused, stock: refused, channelsOf: refused, letters: refused },
  }
}

const longestAnswer = 1 << 20

/** The addresses come from objects that persons write: none but the operator's own is called. */
function reading(flowScalerUrl: string | undefined): Inside {
  return async (url, timeoutMs) => {
    if (flowScalerUrl === undefined || !url.startsWith(`${flowScalerUrl.replace(/\/+$/, '')}/`))
      throw new CommandError(`this console does not read ${url}`)
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error' })
      if (response.status === 404) return undefined
      const text = await response.text()
      if (!response.ok || text.length > longestAnswer)
        throw new CommandError(`${url} answered ${response.status} with ${text.length} characters`)
      return text
    } catch (error) {
      if (error instanceof CommandError) throw error
      throw new CommandError(`${url} does not answer: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
