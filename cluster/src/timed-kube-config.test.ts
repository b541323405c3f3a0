import { once } from 'node:events'
import { createServer } from 'node:http'
import type { RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CoreV1Api, CustomObjectsApi } from '@kubernetes/client-node'
import { afterEach, expect, it } from 'vitest'
import { TimedKubeConfig } from './timed-kube-config.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function accessTo(listener: RequestListener, timeoutMs: number): Promise<TimedKubeConfig> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const config = new TimedKubeConfig(timeoutMs)
  config.loadFromOptions({
    clusters: [
      { name: 'c', server: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, skipTLSVerify: true },
    ],
    users: [{ name: 'u', token: 'secret' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  })
  return config
}

const pipelines = { group: 'orderpipeline.dev', version: 'v1alpha1', plural: 'orderpipelines', namespace: 'default' }

it('a read that is not answered, or not to its end, fails in time', async () => {
  const silent = await accessTo(() => undefined, 100)
  await expect(silent.makeApiClient(CoreV1Api).listNamespace()).rejects.toThrow(/timeout/)
  const cut = await accessTo((_request, response) => response.writeHead(200).write('{"items":['), 100)
  const reading = cut.makeApiClient(CustomObjectsApi).listNamespacedCustomObject(pipelines)
  await expect(reading).rejects.toThrow(/timeout/)
})

it('an answered one has its credentials and is left alone', async () => {
  const access = await accessTo((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ authorization: request.headers.authorization }))
  }, 30_000)
  const answer: unknown = await access.makeApiClient(CustomObjectsApi).listNamespacedCustomObject(pipelines)
  expect(answer).toEqual({ authorization: 'Bearer secret' })
})
