// How does a command speak to the API server? With the kubeconfig that is named on the command
// line, else with those that kubectl would take.
import { existsSync } from 'node:fs'
import { request as requestHttp } from 'node:http'
import { request, type RequestOptions } from 'node:https'
import { delimiter } from 'node:path'
import type { KubeConfig } from '@kubernetes/client-node'
import { CalledWrongly, CommandFailed } from '../failure.ts'
import type { Surroundings } from '../surroundings.ts'

/** The API server did not answer; it may do so later. */
export class KubeUnreachable extends CommandFailed {}

/** No kubeconfig, so no cluster to ask. */
export class NoKubeconfig extends CommandFailed {}

export interface Kube {
  /** Which cluster it is, for a person: its name in the kubeconfig and its address. */
  readonly cluster: string
  /** The namespace of the kubeconfig's context. */
  readonly namespace: string
  /** What runs on this machine: the embedded runtime, or the local cluster. */
  readonly local: boolean
  /** undefined where there is no such thing. @throws KubeUnreachable, CommandFailed */
  get<Body>(path: string): Promise<Body | undefined>
  /** As it is, for what is not JSON. */
  getText(path: string, timeoutMs: number): Promise<string | undefined>
  /**
   * A merge patch; undefined where there is no such thing. @throws KubeUnreachable, CommandFailed
   */
  patch<Body>(path: string, change: unknown): Promise<Body | undefined>
  /** As JSON; undefined where there is no such thing. @throws KubeUnreachable, CommandFailed */
  send<Body>(method: Method, path: string, body: unknown, timeoutMs: number): Promise<Body | undefined>
  /**
   * Reads an address inside of the cluster: only a program in a pod does. undefined where there is
   * no such thing. @throws CommandFailed
   */
  getInside?(url: string, timeoutMs: number): Promise<string | undefined>
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface ConnectOptions {
  readonly kubeconfig?: string
  readonly context?: string
}

/** What the API server remembers as having changed a field. */
const fieldManager = 'orderpipeline-cli'

const answerTimeoutMs = 10_000

export async function connect(environment: Surroundings, options: ConnectOptions = {}): Promise<Kube> {
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
    throw new CommandFailed(`The kubeconfig ${file} has no current context.`, {
      advice: `Name one with --context; there are: ${contextNames(config)}.`,
    })
  const server = new URL(cluster.server)
  const access: RequestOptions = {}
  await config.applyToHTTPSOptions(access)

  const ask = async (call: Call): Promise<string | undefined> => {
    const { status, body } = await fetched(server, call, access)
    if (status === 404) return undefined
    if (status >= 200 && status < 300) return body
    throw new CommandFailed(`${server.host} answered ${status} to ${call.path}: ${statusMessage(body)}`, {
      ...(status === 401 || status === 403
        ? { advice: 'The user of the kubeconfig may not do that; name another context with --context.' }
        : {}),
    })
  }
  const parsed = <Body>(body: string | undefined) =>
    body === undefined ? undefined : (JSON.parse(body || 'null') as Body)
  return {
    cluster: `${cluster.name} (${server.origin})`,
    local: files.every((one) => environment.localKubeconfigs?.includes(one)),
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    getText: (path, timeoutMs) => ask({ path, timeoutMs }),
    get: async <Body>(path: string) => parsed<Body>(await ask({ path, timeoutMs: answerTimeoutMs })),
    patch: async <Body>(path: string, change: unknown) => {
      const body = JSON.stringify(change)
      const call = { path: `${path}?fieldManager=${fieldManager}`, timeoutMs: answerTimeoutMs }
      return parsed<Body>(await ask({ ...call, method: 'PATCH', body, contentType: 'application/merge-patch+json' }))
    },
    send: async <Body>(method: Method, path: string, payload: unknown, timeoutMs: number) => {
      const body = payload === undefined ? {} : { body: JSON.stringify(payload), contentType: 'application/json' }
      return parsed<Body>(await ask({ method, path, timeoutMs, ...body }))
    },
  }
}

function useContext(config: KubeConfig, context: string, file: string): void {
  if (!config.getContextObject(context))
    throw new CalledWrongly(`--context: found ${JSON.stringify(context)}; ${file} has ${contextNames(config)}`)
  config.setCurrentContext(context)
}

const contextNames = (config: KubeConfig): string =>
  config
    .getContexts()
    .map(({ name }) => name)
    .join(', ') || 'none'

/**
 * As kubectl merges them: of two entries with one name the first file's counts. @throws
 * CommandFailed
 */
function merged(files: readonly string[], empty: () => KubeConfig): KubeConfig {
  const configs = files.map((file) => {
    const config = empty()
    try {
      config.loadFromFile(file)
    } catch (cause) {
      throw new CommandFailed(`The kubeconfig ${file} cannot be read: ${messageOf(cause)}`, { cause })
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

/** All there are of KUBECONFIG's list, or the first candidate. */
function kubeconfigFiles({ kubeconfig, kubeconfigCandidates }: Surroundings): string[] {
  const candidates = kubeconfig?.split(delimiter).filter((part) => part !== '') ?? kubeconfigCandidates
  const files = candidates.filter((candidate) => existsSync(candidate))
  if (files.length > 0) return kubeconfig === undefined ? files.slice(0, 1) : files
  throw new NoKubeconfig(`No kubeconfig found; looked for ${candidates.join(', ')}.`, {
    advice:
      'Start the pipeline here with `npm start`, or the local cluster with `npm run up`; or name a kubeconfig with --kubeconfig or KUBECONFIG.',
  })
}

interface Call {
  readonly path: string
  readonly timeoutMs: number
  readonly method?: Method
  readonly body?: string
  readonly contentType?: string
}

function fetched(
  server: URL,
  { path, timeoutMs, method = 'GET', body: payload, contentType }: Call,
  access: RequestOptions,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void =>
      reject(
        new KubeUnreachable(`The API server ${server.host} does not answer: ${messageOf(error)}`, {
          advice: 'Is the cluster running? `npm run up` starts the local one.',
          cause: error,
        }),
      )
    const url = new URL(`${server.pathname.replace(/\/$/, '')}${path}`, server)
    const headers = {
      ...access.headers,
      accept: 'application/json, text/plain',
      ...(contentType === undefined ? {} : { 'content-type': contentType }),
    }
    const ask = url.protocol === 'http:' ? requestHttp : request
    const call = ask(url, { ...access, method, headers })
    const timer = setTimeout(() => call.destroy(new Error(`no answer within ${timeoutMs / 1_000} s`)), timeoutMs)
    call.on('response', (response) => {
      response.setEncoding('utf8')
      let body = ''
      response.on('data', (chunk: string) => (body += chunk))
      response.on('error', fail)
      response.on('end', () => {
        clearTimeout(timer)
        resolve({ status: response.statusCode ?? 0, body })
      })
    })
    call.on('error', (error) => {
      clearTimeout(timer)
      fail(error)
    })
    call.end(payload)
  })
}

function statusMessage(body: string): string {
  try {
    // A Status of Kubernetes, or a problem (RFC 9457) of a Service behind the API server.
    const { message, detail } = JSON.parse(body) as { readonly message?: string; readonly detail?: string }
    return message ?? detail ?? body.slice(0, 200)
  } catch {
    return body.slice(0, 200)
  }
}

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
