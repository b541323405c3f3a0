// Where do tests get the charts that order-platform depends on? From the very addresses that its
// Chart.yaml names: a proxy on loopback answers for those hosts over TLS, with packed charts that
// hold one ConfigMap each. Helm is used as it is and finds the proxy and its authority by
// environment (HTTPS_PROXY, SSL_CERT_FILE).
import { createHash } from 'node:crypto'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { issue, newAuthority } from '../../src/certificates/certificates.ts'
import { run } from '../../src/process/run.ts'

export interface Dependency {
  readonly name: string
  readonly version: string
  readonly repository: string
  readonly condition: string
}

export interface ChartSources {
  /**
   * What Helm's environment needs in addition to PATH, to reach the sources and to keep its own
   * files separate.
   */
  readonly env: NodeJS.ProcessEnv
  /** The requests of Helm, as `host/path`. */
  readonly requests: readonly string[]
  readonly close: () => Promise<void>
}

/**
 * Serves every dependency whose repository is `https://…` or `oci://…`; `dir` holds the packed
 * charts and Helm's own files.
 */
export async function serveCharts(
  helm: string,
  dependencies: readonly Dependency[],
  dir: string,
): Promise<ChartSources> {
  const remote = dependencies.filter(({ repository }) => !repository.startsWith('file:'))
  const answers = new Map<string, Answer>()
  for (const dependency of remote) {
    const archive = await readFile(await packedStub(helm, dependency, dir))
    const responses = dependency.repository.startsWith('oci:')
      ? ociAnswers(dependency, archive)
      : indexAnswers(dependency, archive)
    for (const [path, answer] of responses) answers.set(path, answer)
  }
  const now = new Date()
  const authority = await newAuthority('chart sources of a test', now)
  const hosts = [...new Set(remote.map(({ repository }) => new URL(repository).host))]
  const { cert, key } = await issue(authority, { commonName: 'charts', serves: { dns: hosts, ip: [] } }, now)
  const requests: string[] = []
  const tls = createTlsServer({ cert, key }, (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'https://any')
    const path = `${request.headers.host ?? ''}${pathname}`
    requests.push(path)
    answer(request, response, answers.get(path))
  })
  const open = new Set<Socket>()
  const proxy = createServer((_request, response) => response.writeHead(400).end())
  proxy.on('connect', (_request, socket: Socket) => {
    open.add(socket.on('close', () => open.delete(socket)).on('error', () => undefined))
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    tls.emit('connection', socket)
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const authorityFile = join(dir, 'authority.pem')
  await writeFile(authorityFile, authority.cert)
  const homes = Object.fromEntries(['CACHE', 'CONFIG', 'DATA'].map((name) => [`HELM_${name}_HOME`, join(dir, name)]))
  return {
    env: {
      ...homes,
      HTTPS_PROXY: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      SSL_CERT_FILE: authorityFile,
    },
    requests,
    async close() {
      for (const socket of open) socket.destroy()
      await new Promise((resolve) => proxy.close(resolve))
    },
  }
}

interface Answer {
  readonly type: string
  readonly body: Buffer
}

function answer(request: IncomingMessage, response: ServerResponse, content: Answer | undefined): void {
  if (!content) {
    response.writeHead(404).end()
    return
  }
  const { type, body } = content
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    'docker-content-digest': digestOf(body),
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** A chart repository: its index, and the archive that the index names. */
function indexAnswers({ name, version, repository }: Dependency, archive: Buffer): [string, Answer][] {
  const { host, pathname } = new URL(repository)
  const base = `${host}${pathname.replace(/\/$/, '')}`
  const file = `${name}-${version}.tgz`
  const entry = { apiVersion: 'v2', name, version, digest: digestOf(archive).slice('sha256:'.length), urls: [file] }
  const index = stringify({ apiVersion: 'v1', entries: { [name]: [entry] } })
  return [
    [`${base}/index.yaml`, { type: 'text/yaml', body: Buffer.from(index) }],
    [`${base}/${file}`, { type: 'application/gzip', body: archive }],
  ]
}

/** An OCI registry: the manifest by tag and by digest, and what it names. */
function ociAnswers({ name, version, repository }: Dependency, archive: Buffer): [string, Answer][] {
  const { host, pathname } = new URL(repository)
  const base = `${host}/v2${pathname.replace(/\/$/, '')}/${name}`
  const config = Buffer.from(JSON.stringify({ apiVersion: 'v2', name, version }))
  const part = (mediaType: string, body: Buffer) => ({ mediaType, digest: digestOf(body), size: body.length })
  const manifestType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: manifestType,
      config: part('application/vnd.cncf.helm.config.v1+json', config),
      layers: [part('application/vnd.cncf.helm.chart.content.v1.tar+gzip', archive)],
    }),
  )
  const tags = Buffer.from(JSON.stringify({ name: `${pathname.slice(1)}/${name}`, tags: [version] }))
  return [
    [`${host}/v2/`, { type: 'application/json', body: Buffer.from('{}') }],
    [`${base}/tags/list`, { type: 'application/json', body: tags }],
    [`${base}/manifests/${version}`, { type: manifestType, body: manifest }],
    [`${base}/manifests/${digestOf(manifest)}`, { type: manifestType, body: manifest }],
    ...[config, archive].map((body): [string, Answer] => [
      `${base}/blobs/${digestOf(body)}`,
      { type: 'application/octet-stream', body },
    ]),
  ]
}

async function packedStub(helm: string, { name, version }: Dependency, dir: string): Promise<string> {
  const source = join(dir, 'stubs', name)
  await mkdir(join(source, 'templates'), { recursive: true })
  await writeFile(join(source, 'Chart.yaml'), `apiVersion: v2\nname: ${name}\nversion: ${version}\n`)
  const stub = `apiVersion: v1\nkind: ConfigMap\nmetadata: { name: stub-of-${name} }\n`
  await writeFile(join(source, 'templates', 'stub.yaml'), stub)
  await run(helm, ['package', source, '--destination', dir], { timeoutMs: 60_000 })
  return join(dir, `${name}-${version}.tgz`)
}

function digestOf(body: Buffer): string {
  return `sha256:${createHash('sha256').update(body).digest('hex')}`
}
