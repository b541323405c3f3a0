// How does a command read from the API server? With the kubeconfig that KUBECONFIG names, else the local cluster's,
// else the user's own.
import { existsSync } from 'node:fs'
import { request, type RequestOptions } from 'node:https'
import { delimiter } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { CommandFailed, type Environment } from '../environment.ts'

/** The API server did not answer; it may do so later. */
export class KubeUnreachable extends CommandFailed {}

export interface Kube {
  /** Of the kubeconfig's context. */
  readonly namespace: string
  /** undefined where there is no such thing. @throws KubeUnreachable, CommandFailed */
  get<Body>(path: string): Promise<Body | undefined>
  /** As it is, for what is not JSON. */
  getText(path: string, timeoutMs: number): Promise<string | undefined>
}

const answerTimeoutMs = 10_000

export async function connect(environment: Environment): Promise<Kube> {
  const file = kubeconfigFile(environment)
  const config = new KubeConfig()
  try {
    config.loadFromFile(file)
  } catch (cause) {
    throw new CommandFailed(`The kubeconfig ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
  const cluster = config.getCurrentCluster()
  if (!cluster) throw new CommandFailed(`The kubeconfig ${file} has no current context.`)
  const server = new URL(cluster.server)
  const options: RequestOptions = {}
  await config.applyToHTTPSOptions(options)

  const getText = async (path: string, timeoutMs: number): Promise<string | undefined> => {
    const { status, body } = await fetched(server, path, options, timeoutMs)
    if (status === 404) return undefined
    if (status >= 200 && status < 300) return body
    throw new CommandFailed(`${server.host} answered ${status} to ${path}: ${statusMessage(body)}`)
  }
  return {
    namespace: config.getContextObject(config.getCurrentContext())?.namespace ?? 'default',
    getText,
    get: async <Body>(path: string) => {
      const body = await getText(path, answerTimeoutMs)
      return body === undefined ? undefined : (JSON.parse(body) as Body)
    },
  }
}

function kubeconfigFile({ kubeconfig, kubeconfigCandidates }: Environment): string {
  const candidates = kubeconfig?.split(delimiter).filter((part) => part !== '') ?? kubeconfigCandidates
  const file = candidates.find((candidate) => existsSync(candidate))
  if (file !== undefined) return file
  throw new CommandFailed(`No kubeconfig found; looked for ${candidates.join(', ')}.`, {
    advice: 'Start the local cluster with `npm run up`, or set KUBECONFIG.',
  })
}

function fetched(
  server: URL,
  path: string,
  options: RequestOptions,
  timeoutMs: number,
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
    const call = request(url, { ...options, headers: { ...options.headers, accept: 'application/json, text/plain' } })
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
    call.end()
  })
}

function statusMessage(body: string): string {
  try {
    return (JSON.parse(body) as { message?: string }).message ?? body.slice(0, 200)
  } catch {
    return body.slice(0, 200)
  }
}

const messageOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.errors.length > 0) return messageOf(error.errors[0])
  return error instanceof Error ? error.message : String(error)
}
