// Does the command print tokens that the development issuer has signed, and say where there is
// none?
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { devServicesConfig, startDevServices } from '@orderpipeline/dev-services'
import { silentLogger } from '@orderpipeline/process'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { program } from '../program.ts'
import { commands } from './index.ts'

const prefix = '/api/v1/namespaces/default/services/dev-services:8080/proxy'
const closers: (() => unknown)[] = []
let folder: string
let kubeconfig: string

/** An API server that has nothing but the development services behind its proxy. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderpipeline-token-'))
  const env = { HTTP_PORT: '0', SMTP_PORT: '0', METRICS_PORT: '0', LISTEN_ADDRESS: '127.0.0.1' }
  const issuer = { ISSUER_URL: 'http://dev-services:8080', ISSUER_KEY_FILE: join(folder, 'key.pem') }
  const services = await startDevServices(devServicesConfig({ ...env, ...issuer }), silentLogger())
  closers.push(...services.closers.map((closer) => () => closer.close()))
  const api = createServer((incoming, answer) => {
    if (!incoming.url?.startsWith(prefix)) return void answer.writeHead(404).end('{}')
    const { host: _host, ...headers } = incoming.headers
    const options = { method: incoming.method ?? 'GET', headers }
    const upstream = request(services.url + incoming.url.slice(prefix.length), options, (response) => {
      answer.writeHead(response.statusCode ?? 502)
      response.pipe(answer)
    })
    incoming.pipe(upstream)
  })
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve))
  closers.push(
    () => api.closeAllConnections(),
    () => api.close(),
  )
  kubeconfig = join(folder, 'kubeconfig')
  const server = `http://127.0.0.1:${(api.address() as AddressInfo).port}`
  const entries = { clusters: [{ name: 'c', cluster: { server } }], users: [{ name: 'u', user: { token: 't' } }] }
  const contexts = [{ name: 'x', context: { cluster: 'c', user: 'u', namespace: 'default' } }]
  await writeFile(
    kubeconfig,
    JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...entries, contexts, 'current-context': 'x' }),
  )
})
afterAll(async () => {
  for (const close of closers) await close()
  await rm(folder, { recursive: true, force: true })
})

async function run(...args: readonly string[]) {
  const output = { stdout: '', stderr: '' }
  const environment = {
    stdout: { write: (text: string) => ((output.stdout += text), true) },
    stderr: { write: (text: string) => ((output.stderr += text), true) },
    ...{ colour: false, kubeconfig: undefined, kubeconfigCandidates: [] },
  }
  const code = await program(commands, environment, new AbortController().signal).run(['token', ...args])
  return { code, ...output }
}

describe('orderpipeline token', () => {
  it('prints a token of the customer, and nothing else, so that a shell can put it into a header', async () => {
    const { code, stdout } = await run('me', '--kubeconfig', kubeconfig)
    expect(code).toBe(0)
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/)
    expect(decodeJwt(stdout.trim())).toMatchObject({ sub: 'me', iss: 'http://dev-services:8080', aud: 'orders' })
  })

  it('puts the scopes into it', async () => {
    const { stdout } = await run('kim', '--scope', 'shop.staff', 'orders:read', '--kubeconfig', kubeconfig)
    expect(decodeJwt(stdout.trim())).toMatchObject({ sub: 'kim', scope: 'shop.staff orders:read' })
  })

  it('prints one line for each of more customers than one request has', async () => {
    const customers = Array.from({ length: 1_003 }, (_, index) => `c-${index}`)
    const { stdout } = await run(...customers, '--kubeconfig', kubeconfig)
    expect(
      stdout
        .trim()
        .split('\n')
        .map((token) => decodeJwt(token).sub),
    ).toEqual(customers)
  })

  it('ends with 3 where the namespace has no development issuer, and says who brings one', async () => {
    const { code, stdout, stderr } = await run('me', '-n', 'other', '--kubeconfig', kubeconfig)
    expect([code, stdout]).toEqual([3, ''])
    expect(stderr).toContain('There is no development issuer in the namespace other.')
    expect(stderr).toContain('npm start')
  })

  it('ends with 3 where nothing runs', async () => {
    const { code, stderr } = await run('me')
    expect(code).toBe(3)
    expect(stderr).toContain('There is no development issuer')
  })

  it('ends with 2 for a customer that no token can name', async () => {
    expect(await run('a b', '--kubeconfig', kubeconfig)).toMatchObject({ code: 2 })
  })

  it('ends with 2 for an option of --secret-file without it, and for half of what it needs', async () => {
    const alone = await run('me', '--for', '30m', '--kubeconfig', kubeconfig)
    expect(alone).toMatchObject({ code: 2, stdout: '' })
    expect(alone.stderr).toContain('--for: found "30m"; allowed: with --secret-file')
    const half = await run('me', '--secret-file', join(folder, 'key.pem'), '--issuer', 'https://issuer.example')
    expect(half).toMatchObject({ code: 2, stdout: '' })
    expect(half.stderr).toContain('--audience: found none')
  })
})
