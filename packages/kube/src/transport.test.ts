// Does a request end in time, does an error carry what the API server said, and is a kubeconfig's
// proxy asked?
import { createServer } from 'node:http'
import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { KubeConfig } from '@kubernetes/client-node'
import { afterEach, expect, it } from 'vitest'
import { ApiError, ConnectionError } from './errors.ts'
import { transport } from './transport.ts'
import type { Transport } from './transport.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

async function wireTo(server: string, proxyUrl?: string): Promise<Transport> {
  const kubeConfig = new KubeConfig()
  kubeConfig.loadFromOptions({
    clusters: [{ name: 'c', server, ...(proxyUrl === undefined ? {} : { proxyUrl }) }],
    users: [{ name: 'u', token: 'secret' }],
    contexts: [{ name: 'x', cluster: 'c', user: 'u' }],
    currentContext: 'x',
  })
  const wire = await transport(kubeConfig, { userAgent: 'test', parse: (json) => `parsed ${json}` })
  closers.push(() => wire.close())
  return wire
}

async function answering(listener: RequestListener): Promise<Transport> {
  return wireTo(`${await listening(createServer(listener))}/prefix/`)
}

const get = { method: 'GET', path: '/api', timeoutMs: 30_000 } as const

it('sends the token, the query and the body below the path of the server, and parses the answer', async () => {
  const wire = await answering((request, response) => {
    void request.toArray().then((chunks: Buffer[]) => {
      const { authorization, 'user-agent': agent, 'content-type': type } = request.headers
      response.end(
        [request.method, request.url, authorization, agent, type, Buffer.concat(chunks).toString()].join(' '),
      )
    })
  })
  const call = { ...get, method: 'POST', path: '/api?a=1', query: { b: 2, c: undefined }, body: { d: 3 } } as const
  expect(await wire.json(call)).toBe('parsed POST /prefix/api?a=1&b=2 Bearer secret test application/json {"d":3}')
  expect(await wire.json({ ...get, path: '/other' })).toMatch(/^parsed GET \/prefix\/other /)
})

it('says what the API server, or a Service behind it, gave as the reason', async () => {
  const wire = await answering((request, response) => {
    const body = request.url?.endsWith('/problem')
      ? { detail: 'too many orders wait' }
      : { reason: 'Conflict', message: 'it was modified' }
    response.writeHead(409, { 'retry-after': '3' }).end(JSON.stringify(body))
  })
  const conflict = await wire.json(get).catch((error: unknown) => error)
  expect(conflict).toBeInstanceOf(ApiError)
  expect(conflict).toMatchObject({ code: 409, reason: 'Conflict', message: 'it was modified', retryAfterSeconds: 3 })
  await expect(wire.json({ ...get, path: '/problem' })).rejects.toThrow('too many orders wait')
})

it('ends a request that is not answered in time, and does not take its own end for one', async () => {
  const wire = await answering(() => undefined)
  const late = await wire.json({ ...get, timeoutMs: 20 }).catch((error: unknown) => error)
  expect(late).toBeInstanceOf(ConnectionError)
  expect(late).toMatchObject({ reason: 'Timeout', message: 'GET /api: no answer within 20 ms' })
  const ended = await wire.json({ ...get, signal: AbortSignal.timeout(20) }).catch((error: unknown) => error)
  expect(ended).toMatchObject({ reason: 'Connection' })
})

it('gives the lines of a watch as they come, and an error where the connection is cut', async () => {
  const lines: string[] = []
  const steps: (() => void)[] = []
  const wire = await answering((_request, response) => {
    response.write('{"a":1}\n\n{"b"')
    steps.push(
      () => response.write(':2}\n'),
      () => response.destroy(),
    )
  })
  // Each step after the line before it: what comes together with the cut is lost.
  const read = async () => {
    for await (const line of await wire.lines(get)) {
      lines.push(line)
      steps.shift()?.()
    }
  }
  await expect(read()).rejects.toBeInstanceOf(ConnectionError)
  expect(lines).toEqual(['{"a":1}', '{"b":2}'])
})

it('asks by the proxy that the kubeconfig names', async () => {
  const proxied = Promise.withResolvers<string | undefined>()
  const proxy = createServer().on('connect', (request, socket) => {
    proxied.resolve(request.url)
    socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
  })
  const wire = await wireTo('http://kubernetes.invalid:6443', await listening(proxy))
  await expect(wire.json(get)).rejects.toBeInstanceOf(ConnectionError)
  expect(await proxied.promise).toBe('kubernetes.invalid:6443')
})
