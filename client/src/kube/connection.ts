// How does a command speak to the API server? With the kubeconfig that is named on the command
// line, else with those that kubectl would take.
import { existsSync } from 'node:fs'
import { Agent as HttpAgent } from 'node:http'
import { Agent } from 'node:https'
import type { RequestOptions } from 'node:https'
import { delimiter } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { allowPlainHttp } from '@orderpipeline/kube'
import { UsageError, CommandError } from '../failure.ts'
import type { ClientEnvironment } from '../environment.ts'
import { apiServer, messageOf } from './api-server.ts'
import type { ApiServer } from './api-server.ts'

/** No kubeconfig, so no cluster to ask. */
export class NoKubeconfigError extends CommandError {}

export interface KubeClient extends ApiServer {
  /** Which cluster it is, for a person: its name in the kubeconfig and its address. */
  readonly cluster: string
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string
  /** What runs on this machine: the embedded runtime, or the local cluster. */
  readonly local: boolean
  /**
   * Reads an address inside of the cluster; only in a pod, and only for addresses that it is
   * configured to read. undefined where it is none of these. @throws CommandError
   */
  readonly getInside?: (url: string, timeoutMs: number) => Promise<string | undefined>
}

export interface ConnectOptions {
  readonly kubeconfig?: string
  readonly context?: string
}

export const fieldManager = 'orderpipeline-cli'

export async function connect(environment: ClientEnvironment, options: ConnectOptions = {}): Promise<KubeClient> {
  const files = kubeconfigFiles(
    options.kubeconfig === undefined ? environment : { ...environment, kubeconfig: options.kubeconfig },
  )
  const file = files.join(delimiter)
  // Eight hundred modules, most of the start-up time; a command without a cluster does not pay it.
  const client = await import('@kubernetes/client-node')
  const config = merged(files, () => new client.KubeConfig())
  if (options.context !== undefined) useContext(config, options.context, file)
  const cluster = config.getCurrentCluster()
  if (!cluster)
    throw new CommandError(`The kubeconfig ${file} has no current context.`, {
      advice: `Name one with --context; its contexts: ${contextNames(config)}.`,
    })
  const server = new URL(cluster.server)
  allowPlainHttp(config)
  const access = await credentials(config, file)
  if (cluster.proxyUrl === undefined) access.agent = keepAliveAgent(server)
  return {
    ...apiServer({
      ...{ server, fieldManager, access: () => access },
      refusedAdvice: 'The user of the kubeconfig has no right to do that; name another context with --context.',
      unreachableAdvice: 'Check that the cluster runs; `npm run up` starts the local one.',
    }),
    cluster: `${cluster.name} (${server.origin})`,
    local: files.every((one) => environment.localKubeconfigs?.includes(one)),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
  }
}

/** They may come from a program that the kubeconfig names. @throws CommandError */
async function credentials(config: KubeConfig, file: string): Promise<RequestOptions> {
  const access: RequestOptions = {}
  try {
    await config.applyToHTTPSOptions(access)
  } catch (cause) {
    throw new CommandError(`The credentials of the kubeconfig ${file} cannot be used: ${messageOf(cause)}`, {
      cause,
      advice: 'Check with kubectl that they work, or name another context with --context.',
    })
  }
  return access
}

/** Shorter than any server keeps a connection for the next request. */
const idleConnectionMs = 10_000

/**
 * A command asks several times, and a console every second: without it each request waits for two
 * or three more round trips. Credentials come with each request.
 */
function keepAliveAgent({ protocol }: URL): HttpAgent {
  const options = { keepAlive: true, timeout: idleConnectionMs }
  return protocol === 'http:' ? new HttpAgent(options) : new Agent(options)
}

function useContext(config: KubeConfig, context: string, file: string): void {
  if (!config.getContextObject(context))
    throw new UsageError(`--context: found ${JSON.stringify(context)}; ${file} has ${contextNames(config)}`)
  config.setCurrentContext(context)
}

function contextNames(config: KubeConfig): string {
  return (
    config
      .getContexts()
      .map(({ name }) => name)
      .join(', ') || 'none'
  )
}

/**
 * As kubectl merges them: of two entries with one name the first file's counts. @throws
 * CommandError
 */
function merged(files: readonly string[], empty: () => KubeConfig): KubeConfig {
  const configs = files.map((file) => {
    const config = empty()
    try {
      config.loadFromFile(file)
    } catch (cause) {
      throw new CommandError(`The kubeconfig ${file} cannot be read: ${messageOf(cause)}`, { cause })
    }
    return config
  })
  const first = <Entry extends { readonly name: string }>(entries: Entry[]): Entry[] => [
    ...new Map(entries.toReversed().map((entry) => [entry.name, entry])).values(),
  ]
  const config = empty()
  config.loadFromOptions({
    clusters: first(configs.flatMap((one) => one.clusters)),
    users: first(configs.flatMap((one) => one.users)),
    contexts: first(configs.flatMap((one) => one.contexts)),
    currentContext: configs.map((one) => one.currentContext).find(Boolean) ?? '',
  })
  return config
}

/** All there are of KUBECONFIG's list, or the first candidate. @throws NoKubeconfigError */
export function kubeconfigFiles({ kubeconfig, kubeconfigCandidates }: ClientEnvironment): string[] {
  const candidates = kubeconfig?.split(delimiter).filter((part) => part !== '') ?? kubeconfigCandidates
  const files = candidates.filter((candidate) => existsSync(candidate))
  if (files.length > 0) return kubeconfig === undefined ? files.slice(0, 1) : files
  throw new NoKubeconfigError(`No kubeconfig found in ${candidates.join(', ')}.`, {
    advice:
      'Start the pipeline here with `npm start`, or the local cluster with `npm run up`; or name a kubeconfig with --kubeconfig or KUBECONFIG.',
  })
}
