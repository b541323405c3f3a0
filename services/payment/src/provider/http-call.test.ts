// Is a provider called over few connections, and is each way in which a call can fail told apart?
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { callOverHttp } from './http-call.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

async function listening(answer: (request: IncomingMessage, response: ServerResponse) => void) {
  const counts = { connections: 0 }
  server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response))
  })
  server.on('connection', () => counts.connections++)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  return { counts, endpoint: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/charges`) }
}

const post = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"a":"ü"}' } as const
const never = new AbortController().signal

test('one call after the other takes the same connection, and as many at once as there are calls', async () => {
  const { counts, endpoint } = await listening((_request, response) => response.end('{}'))
  for (let n = 0; n < 5; n++) await callOverHttp(endpoint, { ...post, signal: never })
  expect(counts.connections).toBe(1)
  await Promise.all(Array.from({ length: 5 }, () => callOverHttp(endpoint, { ...post, signal: never })))
  expect(counts.connections).toBe(5)
})

test('a server that closes its connections is called over a new one', async () => {
  const { counts, endpoint } = await listening((_request, response) => response.setHeader('connection', 'close').end())
  for (let n = 0; n < 3; n++) expect((await callOverHttp(endpoint, { ...post, signal: never })).status).toBe(200)
  expect(counts.connections).toBe(3)
})

test('says how long a body is, and asks for an answer as it is', async () => {
  const requests: IncomingMessage[] = []
  const { endpoint } = await listening((request, response) => {
    requests.push(request)
    response.end()
  })
  await callOverHttp(endpoint, { ...post, signal: never })
  await callOverHttp(endpoint, { ...post, body: '', signal: never })
  await callOverHttp(endpoint, { method: 'GET', headers: {}, signal: never })
  const lengths = requests.map(({ headers }) => headers['content-length'])
  expect(lengths).toEqual(['10', '0', undefined])
  expect(requests[0]?.headers).toMatchObject({
    ...{ 'content-type': 'application/json', 'accept-encoding': 'identity' },
    ...{ accept: '*/*', 'user-agent': 'node' },
  })
  expect(requests.every(({ headers }) => headers['transfer-encoding'] === undefined)).toBe(true)
})

test('reads an answer whose characters are divided between its pieces', async () => {
  const [first, second] = [Buffer.from('"Grü"').subarray(0, 4), Buffer.from('"Grü"').subarray(4)]
  const { endpoint } = await listening((_request, response) => {
    response.writeHead(201, { 'idempotent-replayed': 'true' }).write(first)
    setImmediate(() => response.end(second))
  })
  const { status, headers, body } = await callOverHttp(endpoint, { ...post, signal: never })
  expect([status, headers['idempotent-replayed'], body]).toEqual([201, 'true', '"Grü"'])
})

test('an answer that breaks off is an outage', async () => {
  const { endpoint } = await listening((_request, response) => {
    response.writeHead(200, { 'content-length': '100' }).write('{', () => response.destroy())
  })
  await expect(callOverHttp(endpoint, { ...post, signal: never })).rejects.toMatchObject({ reason: 'Unreachable' })
})

test('an answer that does not end in time is that of a busy provider', async () => {
  const { endpoint } = await listening((_request, response) => void response.writeHead(200).write('{'))
  const signal = AbortSignal.any([never, AbortSignal.timeout(200)])
  await expect(callOverHttp(endpoint, { ...post, signal })).rejects.toMatchObject({ reason: 'Busy', outage: true })
})

test.each(['before', 'during', 'in the answer'])(
  'a call that is given up %s says nothing of the provider',
  async (at) => {
    const giving = new AbortController()
    const { endpoint } = await listening((_request, response) => {
      if (at === 'in the answer') response.writeHead(200).write('{')
      setTimeout(() => giving.abort(), 20)
    })
    if (at === 'before') giving.abort()
    const call = callOverHttp(endpoint, { ...post, signal: giving.signal })
    await expect(call).rejects.toMatchObject({ reason: 'Unreachable', cause: { name: 'AbortError' } })
  },
)

test('stops reading where an answer is larger than its bound', async () => {
  let closed: (() => void) | undefined
  const isClosed = new Promise<void>((resolve) => (closed = resolve))
  const { endpoint } = await listening((_request, response) => {
    const timer = setInterval(() => response.write('x'.repeat(1_000)), 1)
    response.on('close', () => {
      clearInterval(timer)
      closed?.()
    })
  })
  const call = callOverHttp(endpoint, { ...post, signal: never, maxBytes: 5_000 })
  await expect(call).rejects.toMatchObject({
    reason: 'Misconfigured',
    message: 'answered 200 with more than 5000 bytes',
  })
  await isClosed
})

test('a header that cannot be sent is no defect of the caller', async () => {
  const { endpoint } = await listening((_request, response) => response.end())
  const headers = { authorization: 'Bearer two\nlines' }
  await expect(callOverHttp(endpoint, { ...post, headers, signal: never })).rejects.toMatchObject({
    reason: 'Unreachable',
  })
})

test.each(['127.0.0.1', 'localhost'])('says that nothing listens at %s', async (host) => {
  const { endpoint } = await listening((_request, response) => response.end())
  await new Promise((resolve) => server?.close(resolve))
  endpoint.hostname = host
  await expect(callOverHttp(endpoint, { ...post, signal: never })).rejects.toMatchObject({
    reason: 'Unreachable',
    message: expect.stringContaining('ECONNREFUSED') as string,
  })
})

test('calls https by TLS', async () => {
  const { endpoint } = await listening((_request, response) => response.end())
  const call = callOverHttp(new URL(endpoint.href.replace('http:', 'https:')), { ...post, signal: never })
  await expect(call).rejects.toMatchObject({ reason: 'Unreachable', message: expect.stringMatching(/SSL/i) as string })
})
