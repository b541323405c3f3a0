// How do the commands and kubectl speak to this runtime? As to an API server: HTTPS on the loopback
// address, a bearer token, the paths and answers of Kubernetes for the objects that there are.
// Reading is free; a pipeline's spec may be patched, a pod killed, and nothing else is written.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { issue, newAuthority } from '@orderpipeline/cluster/embedding'
import type { KubeObject, OrderPipeline } from '@orderpipeline/operator/api'
import { namespaceOf } from '@orderpipeline/operator/pipeline'
import type { LocalObjects } from '../objects/local-objects.ts'
import { resources } from '../objects/versioned-objects.ts'
import type { Kind } from '../objects/versioned-objects.ts'
import { selects } from '../objects/selector.ts'
import { discovery } from './discovery.ts'
import { forward } from './forward.ts'
import { target } from './paths.ts'
import type { Target } from './paths.ts'

export interface LocalApiOptions {
  readonly objects: LocalObjects
  readonly port: number
  readonly kubeconfigFile: string
  readonly name: string
  readonly namespace: string
  /** The port of this machine on which a pod or Service serves; undefined where there is none. */
  readonly portOf: (kind: 'pods' | 'services', name: string, port: string) => number | undefined
  readonly logOf: (pod: string) => string | undefined
  /** Ends the pod's process at once; it is started again as after a crash. */
  readonly kill: (pod: string) => void
  /** A pipeline as it is to be. @throws CommandRefused */
  readonly edit: (pipeline: OrderPipeline) => Promise<OrderPipeline>
}

export interface LocalApi {
  readonly url: string
  close(): Promise<void>
}

/** Why an edit is not carried out, for the person who made it. */
export class EditRefusedError extends Error {
  override readonly name = 'EditRefusedError'
  readonly reason = 'Invalid'
  readonly retry = false
}

const largestBody = 1 << 20
/**
 * Longer than clients keep a connection, the console's among them: one that looks every five
 * seconds would meet Node's own five, and pay for another handshake each time.
 */
const keepAliveMs = 60_000

export async function startLocalApi(options: LocalApiOptions): Promise<LocalApi> {
  const now = new Date()
  const authority = await newAuthority('orderpipeline-dev-authority', now)
  const certificate = await issue(
    authority,
    { commonName: 'orderpipeline-dev', serves: { dns: ['localhost'], ip: ['127.0.0.1'] } },
    now,
  )
  const token = randomBytes(24).toString('base64url')
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (request, response) => {
    void answer(request, response, token, options).catch((error: unknown) => {
      if (response.headersSent) return void response.destroy()
      refuse(response, 500, 'InternalError', error instanceof Error ? error.message : String(error))
    })
  })
  server.requestTimeout = 30_000
  server.keepAliveTimeout = keepAliveMs
  await listening(server, options.port)
  const { port } = server.address() as AddressInfo
  const url = `https://127.0.0.1:${port}`
  await writeFile(options.kubeconfigFile, kubeconfig(options, url, authority.cert, token), { mode: 0o600 })
  return {
    url,
    close: async () => {
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

function listening(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, resolve)
  })
}

function kubeconfig(
  { name, namespace }: Pick<LocalApiOptions, 'name' | 'namespace'>,
  server: string,
  ca: string,
  token: string,
): string {
  const cluster = { server, 'certificate-authority-data': Buffer.from(ca).toString('base64') }
  return `${JSON.stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [{ name, cluster }],
      users: [{ name, user: { token } }],
      contexts: [{ name, context: { cluster: name, user: name, namespace } }],
      'current-context': name,
    },
    undefined,
    2,
  )}\n`
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  options: LocalApiOptions,
): Promise<void> {
  if (!knows(request, token)) return refuse(response, 401, 'Unauthorized', 'the token of the kubeconfig is needed')
  const url = new URL(request.url ?? '/', 'https://127.0.0.1')
  const discoveryDocument = discovery(url.pathname, resources)
  if (discoveryDocument) return json(response, 200, discoveryDocument)
  const at = target(url.pathname, resources)
  if (!at) return refuse(response, 404, 'NotFound', `there is no ${url.pathname} here`)
  if (at.subresource === 'proxy' || at.subresource === 'log') return pass(request, response, at, url, options)
  if (request.method === 'GET' && at.subresource === undefined) return read(response, at, url, options)
  if (
    request.method === 'PATCH' &&
    at.resource.kind === 'OrderPipeline' &&
    at.name !== undefined &&
    at.subresource === undefined
  )
    return patch(request, response, at, options)
  if (
    request.method === 'DELETE' &&
    at.resource.kind === 'Pod' &&
    at.name !== undefined &&
    at.subresource === undefined
  )
    return kill(response, at, options)
  refuse(
    response,
    405,
    'MethodNotAllowed',
    `${request.method} is not served here; allowed: PATCH of a pipeline's spec, DELETE of a pod, GET of everything else`,
  )
}

function kill(response: ServerResponse, { namespace, name = '' }: Target, options: LocalApiOptions): void {
  const pod = options.objects.get('Pod', namespace ?? 'default', name)
  if (!pod) return refuse(response, 404, 'NotFound', `pods "${name}" not found`)
  options.kill(name)
  json(response, 200, pod)
}

function knows({ headers }: IncomingMessage, token: string): boolean {
  const authorization = Buffer.from(headers.authorization ?? '')
  const expected = Buffer.from(`Bearer ${token}`)
  return authorization.length === expected.length && timingSafeEqual(authorization, expected)
}

function read(
  response: ServerResponse,
  { resource, namespace, name }: Target,
  url: URL,
  { objects }: LocalApiOptions,
): void {
  if (url.searchParams.has('watch'))
    return refuse(response, 405, 'MethodNotAllowed', 'watch is not served here; repeat the GET instead')
  const kind = resource.kind as Kind
  if (name !== undefined) {
    const object = objects.get(kind, namespace ?? 'default', name)
    if (object) return json(response, 200, object)
    return refuse(response, 404, 'NotFound', `${resource.plural} "${name}" not found`)
  }
  const selector = url.searchParams.get('labelSelector') ?? ''
  const items = objects
    .all(kind)
    .filter((object) => namespace === undefined || namespaceOf(object) === namespace)
    .filter(({ metadata }) => selects(selector, metadata.labels ?? {}))
  json(response, 200, {
    kind: `${kind}List`,
    apiVersion: resource.apiVersion,
    metadata: { resourceVersion: '1' },
    items,
  })
}

async function patch(
  request: IncomingMessage,
  response: ServerResponse,
  { namespace, name = '' }: Target,
  { objects, edit }: LocalApiOptions,
): Promise<void> {
  if (request.headers['content-type'] !== 'application/merge-patch+json')
    return refuse(response, 415, 'UnsupportedMediaType', 'allowed: application/merge-patch+json')
  const live = objects.get('OrderPipeline', namespace ?? 'default', name) as OrderPipeline | undefined
  if (!live) return refuse(response, 404, 'NotFound', `orderpipelines "${name}" not found`)
  const change = JSON.parse(await bodyOf(request)) as { readonly spec?: unknown }
  try {
    json(response, 200, await edit({ ...live, spec: merged(live.spec, change.spec ?? {}) as OrderPipeline['spec'] }))
  } catch (error) {
    if (!(error instanceof EditRefusedError)) throw error
    refuse(response, 422, 'Invalid', error.message)
  }
}

/** RFC 7396. */
function merged(before: unknown, change: unknown): unknown {
  if (!isRecord(change)) return change
  const result: Record<string, unknown> = isRecord(before) ? { ...before } : {}
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key]
    else result[key] = merged(result[key], value)
  }
  return result
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  at: Target,
  url: URL,
  { portOf, logOf }: LocalApiOptions,
): void {
  const { resource, name = '', port = '', rest = '' } = at
  if (at.subresource === 'log') {
    const text = logOf(name)
    if (text === undefined) return refuse(response, 404, 'NotFound', `pods "${name}" not found`)
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
    return
  }
  const local =
    resource.plural === 'pods' || resource.plural === 'services' ? portOf(resource.plural, name, port) : undefined
  if (local === undefined)
    return refuse(response, 404, 'NotFound', `${resource.plural} "${name}" serves nothing at ${port || 'a port'}`)
  forward(request, response, local, `/${rest}${url.search}`)
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > largestBody) throw new Error('the body is larger than 1 MiB')
    chunks.push(chunk as Buffer)
  }
  return Buffer.concat(chunks).toString()
}

export function refuse(response: ServerResponse, code: number, reason: string, message: string): void {
  json(response, code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message })
}

function json(response: ServerResponse, code: number, body: KubeObject | object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
