// What do the tests of a console in a cluster run on? Two namespaces of a real API server with a
// pipeline each, persons with tokens and roles, and a console with an account that has the chart's
// rights.
import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { request as requestTls } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kubeconfig } from '@orderpipeline/cluster/testing'
import { podCluster } from '@orderpipeline/client'
import { parse } from 'yaml'
import { consoleConfig } from '../../src/cluster/config.ts'
import { startClusterConsole } from '../../src/cluster/start.ts'
import { shopPipeline } from '../../src/testing/recorded-shop.ts'

const root = join(import.meta.dirname, '..', '..', '..')
const files = { html: '<p>page', script: 'script', style: 'style', icon: '<svg/>' }
const rbac = 'rbac.authorization.k8s.io'
const group = 'orderpipeline.dev'

/** As the chart adds them to `view` and `edit`. */
export const viewing = [
  { apiGroups: [group], resources: ['orderpipelines'], verbs: ['get', 'list', 'watch'] },
  { apiGroups: [group], resources: ['orderpipelines/deadletters'], verbs: ['get'] },
]
export const editing = [
  ...viewing,
  { apiGroups: [group], resources: ['orderpipelines'], verbs: ['update', 'patch'] },
  { apiGroups: [group], resources: ['orderpipelines/deadletters'], verbs: ['create', 'delete'] },
  { apiGroups: [group], resources: ['orderpipelines/orders'], verbs: ['get', 'update', 'delete'] },
  { apiGroups: [group], resources: ['orderpipelines/payloads'], verbs: ['get'] },
  { apiGroups: ['events.k8s.io'], resources: ['events'], verbs: ['create'] },
]

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[]
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[]
}

export interface ClusterAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
}

export function testEnvironment() {
  const { clusters, users } = parse(readFileSync(kubeconfig(), 'utf8')) as Kubeconfig
  const pem = (of: Readonly<Record<string, string>> = {}, name: string): string =>
    of[`${name}-data`]
      ? Buffer.from(of[`${name}-data`] ?? '', 'base64').toString()
      : readFileSync(of[name] ?? '', 'utf8')
  const [cluster, user] = [clusters[0]?.cluster, users[0]?.user]
  const server = cluster?.['server'] ?? ''
  const ca = pem(cluster, 'certificate-authority')
  const admin = { ca, cert: pem(user, 'client-certificate'), key: pem(user, 'client-key') }
  const must = async (method: string, path: string, body?: unknown, type = 'application/json') => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    const answer = await answerOf(
      requestTls(new URL(path, server), { ...admin, method, headers: { 'content-type': type } }),
      text,
    )
    if (answer.status >= 300) throw new Error(`${method} ${path}: ${answer.status} ${answer.body}`)
    return JSON.parse(answer.body) as Record<string, unknown>
  }
  const core = (namespace: string) => `/api/v1/namespaces/${namespace}`
  const makeNamespace = async (): Promise<string> => {
    const name = `console-${randomBytes(4).toString('hex')}`
    await must('POST', '/api/v1/namespaces', { metadata: { name } })
    return name
  }
  /** A ServiceAccount with these rules in its namespace, and a token. */
  const makePerson = async (namespace: string, name: string, rules: readonly object[]): Promise<string> => {
    await must('POST', `${core(namespace)}/serviceaccounts`, { metadata: { name } })
    const roles = `/apis/${rbac}/v1/namespaces/${namespace}`
    await must('POST', `${roles}/roles`, { metadata: { name }, rules })
    await must('POST', `${roles}/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'Role', name },
      subjects: [{ kind: 'ServiceAccount', name, namespace }],
    })
    const answer = await must('POST', `${core(namespace)}/serviceaccounts/${name}/token`, {
      ...{ apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: { expirationSeconds: 600 } },
    })
    return (answer['status'] as { readonly token: string }).token
  }
  const pipelines = (namespace: string) => `/apis/${group}/v1alpha1/namespaces/${namespace}/orderpipelines`
  const makePipeline = async (namespace: string, bootstrapServers: string): Promise<void> => {
    const { apiVersion, kind, spec } = shopPipeline()
    const kafka = { external: { bootstrapServers } }
    await must('POST', pipelines(namespace), { apiVersion, kind, metadata: { name: 'shop' }, spec: { ...spec, kafka } })
  }
  const lines: string[] = []
  const startConsole = async (namespaces: readonly string[], token: string, env: Record<string, string> = {}) => {
    const folder = await mkdtemp(join(tmpdir(), 'orderpipeline-console-'))
    await writeFile(join(folder, 'ca.crt'), ca)
    await writeFile(join(folder, 'token'), token)
    const log = (...parts: unknown[]) => void lines.push(JSON.stringify(parts))
    return startClusterConsole({
      config: consoleConfig({
        HTTP_PORT: '0',
        LISTEN_ADDRESS: '127.0.0.1',
        NAMESPACES: namespaces.join(','),
        KUBERNETES_SERVICE_HOST: 'unused',
        ...env,
      }),
      ...{ cluster: podCluster({ server, folder }, 'orderpipeline-console'), files, log: { info: log, error: log } },
      periods: { reviewMs: 500 },
    })
  }
  return { must, core, pipelines, makeNamespace, makePerson, makePipeline, startConsole, lines }
}

export type TestEnvironment = ReturnType<typeof testEnvironment>

/** The rules of the console's own account, as the chart grants them. */
export function ownRules(): readonly object[] {
  return (
    parse(readFileSync(join(root, 'console/deploy/rbac-rules.yaml'), 'utf8')) as { readonly shown: readonly object[] }
  ).shown
}

export function answerOf(call: ReturnType<typeof request>, body?: string): Promise<ClusterAnswer> {
  return new Promise((resolve, reject) => {
    call.setTimeout(30_000, () => call.destroy(new Error(`no answer to ${call.path}`)))
    call.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }))
      response.on('error', reject)
    })
    call.on('error', reject)
    call.end(body)
  })
}

export interface Browser {
  /** The cookie and the key of the session, and what a page of the console sends besides. */
  readonly headers: Readonly<Record<string, string>>
  readonly get: (path: string, headers?: Record<string, string>) => Promise<ClusterAnswer>
  readonly post: (path: string, body: object, headers?: Record<string, string>) => Promise<ClusterAnswer>
  /** The stream until its text fits. @throws Error with the answer where it is refused */
  readonly streamed: (
    fits: (text: string, ended: boolean) => boolean,
    headers?: Record<string, string>,
  ) => Promise<string>
}

/** Requests as a page of the console sends them; with a session once `token` was signed in. */
export async function browserAt(port: number, token?: string): Promise<Browser> {
  const origin = `http://127.0.0.1:${port}`
  const send = (method: string, path: string, headers: Record<string, string>, body?: object) =>
    answerOf(request(`${origin}${path}`, { method, headers }), body && JSON.stringify(body))
  const page = { origin, 'content-type': 'application/json' }
  let session: Record<string, string> = {}
  if (token !== undefined) {
    const answer = await send('POST', '/api/session', page, { token })
    if (answer.status !== 200) throw new Error(`sign in: ${answer.status} ${answer.body}`)
    const [cookie = ''] = answer.headers['set-cookie'] ?? []
    session = {
      cookie: cookie.split(';')[0] ?? '',
      'x-console-key': (JSON.parse(answer.body) as { readonly key: string }).key,
    }
  }
  return {
    headers: session,
    get: (path, headers = session) => send('GET', path, headers),
    post: (path, body, headers = { ...page, ...session }) => send('POST', path, headers, body),
    streamed: async (fits, headers = session) => {
      const response = await fetch(`${origin}/api/stream`, { headers, signal: AbortSignal.timeout(60_000) })
      if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`)
      let text = ''
      for await (const chunk of response.body!.pipeThrough(new TextDecoderStream())) {
        text += chunk
        if (fits(text, false)) return text
      }
      if (fits(text, true)) return text
      throw new Error(`the stream ended with ${text}`)
    },
  }
}
