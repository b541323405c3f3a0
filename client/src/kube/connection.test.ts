// What does a user read when the API server refuses, is silent or is not there?
import { mkdtempSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { CommandError } from '../failure.ts'
import { connect } from './connection.ts'
import type { KubeClient } from './connection.ts'

const closers: (() => void)[] = []

function contextOf(name: string) {
  return {
    'current-context': name,
    contexts: [{ name, context: { cluster: 'c', user: 'u', namespace: `of-${name}` } }],
  }
}

function clusterOf(server: string) {
  return { clusters: [{ name: 'c', cluster: { server } }] }
}

function userOf(user: object) {
  return { users: [{ name: 'u', user }] }
}

/** A kubeconfig with these parts, as a file. */
function kubeconfigFile(parts: object): string {
  const file = join(mkdtempSync(join(tmpdir(), 'connection-')), 'kubeconfig')
  writeFileSync(file, JSON.stringify({ apiVersion: 'v1', kind: 'Config', ...parts }))
  return file
}
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function connectedTo(listener: RequestListener): Promise<{ readonly kube: KubeClient; readonly host: string }> {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const kubeconfig = kubeconfigFile({ ...contextOf('x'), ...clusterOf(`http://${host}`), ...userOf({}) })
  return { kube: await connect({ kubeconfig, kubeconfigCandidates: [] }), host }
}

it('reads JSON and text, and gives nothing for what is not there', async () => {
  const { kube } = await connectedTo(({ url }, response) => {
    if (url === '/none') response.writeHead(404)
    response.end(url === '/text' ? 'plain' : '{"a":1}')
  })
  expect(await kube.get('/json')).toEqual({ a: 1 })
  expect(await kube.getText('/text', 5_000)).toBe('plain')
  expect(await kube.get('/none')).toBeUndefined()
})

it('uses one connection for requests that follow each other', async () => {
  const ports = new Set<number | undefined>()
  const { kube } = await connectedTo(({ socket }, response) => {
    ports.add(socket.remotePort)
    response.end('{}')
  })
  for (let request = 0; request < 5; request++) await kube.get('/json')
  expect(ports.size).toBe(1)
})

it('sends a merge patch in the name of the command line', async () => {
  const { kube } = await connectedTo((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      const { method, url, headers } = request
      response.end(JSON.stringify([method, url, headers['content-type'], Buffer.concat(chunks).toString()]))
    })
  })
  expect(await kube.patch('/thing', { spec: {} })).toEqual([
    'PATCH',
    '/thing?fieldManager=orderpipeline-cli',
    'application/merge-patch+json',
    '{"spec":{}}',
  ])
})

it('says who refused what, and advises another context where the user may not', async () => {
  const { kube, host } = await connectedTo((_request, response) => {
    response.writeHead(403).end('{"message":"pods is forbidden"}')
  })
  const refusal = await kube.get('/pods').catch((error: unknown) => error)
  expect(refusal).toBeInstanceOf(CommandError)
  expect(refusal).toMatchObject({ message: `${host} answered 403 to /pods: pods is forbidden` })
  expect((refusal as CommandError).advice).toContain('--context')
})

it('says that the API server is silent, and why it cannot be reached', async () => {
  const { kube, host } = await connectedTo(() => undefined)
  const silent = await kube.getText('/', 20).catch((error: unknown) => error)
  expect(silent).toBeInstanceOf(CommandError)
  expect(silent).toMatchObject({ message: `The API server ${host} does not answer: no answer within 0.02 s` })
  for (const close of closers.splice(0)) close()
  await expect(kube.get('/')).rejects.toThrow(`The API server ${host} does not answer: connect ECONNREFUSED`)
})

it('merges the files of KUBECONFIG, in which the first entry of a name counts, and skips missing files', async () => {
  const { host } = await connectedTo((_, response) => void response.end('{"from":"first"}'))
  const files = [
    '/nowhere/kubeconfig',
    kubeconfigFile({ ...clusterOf(`http://${host}`), ...userOf({}) }),
    kubeconfigFile({ ...contextOf('second'), ...clusterOf('http://127.0.0.1:9') }),
    kubeconfigFile(contextOf('third')),
  ]
  const kube = await connect({ kubeconfig: files.join(delimiter), kubeconfigCandidates: [] })
  expect(kube.namespace).toBe('of-second')
  expect(kube.cluster).toBe(`c (http://${host})`)
  expect(await kube.get('/json')).toEqual({ from: 'first' })
})

it('names the kubeconfig whose credentials cannot be used', async () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: '/nowhere/login', interactiveMode: 'Never' }
  const file = kubeconfigFile({ ...contextOf('x'), ...clusterOf('https://127.0.0.1:9'), ...userOf({ exec }) })
  const failure = await connect({ kubeconfig: file, kubeconfigCandidates: [] }).catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(CommandError)
  expect((failure as CommandError).message).toContain(`The credentials of the kubeconfig ${file} cannot be used`)
  expect((failure as CommandError).message).toContain('/nowhere/login')
})
