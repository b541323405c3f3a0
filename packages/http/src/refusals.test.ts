import { afterAll, beforeAll, expect, test } from 'vitest'
import { portOf, raw, testServer } from './testing.ts'

const { app, registry } = testServer()
/** For what never ends: the answer to it is that of a time-out. */
const impatient = testServer({ requestTimeoutMs: 1_500, headersTimeoutMs: 700 }).app
const servers = [app, impatient]
beforeAll(() => Promise.all(servers.map((server) => server.listen({ port: 0, host: '127.0.0.1' }))))
afterAll(() => Promise.all(servers.map((server) => server.close())))

interface Parsed {
  readonly status: number
  readonly requestId: string | undefined
  readonly body: { readonly status: number; readonly requestId: string; readonly detail?: string }
}

/** Parses an answer that must be a problem. */
function parsed(text: string): Parsed {
  const [head = '', body = ''] = text.split('\r\n\r\n')
  expect(head.toLowerCase()).toContain('content-type: application/problem+json')
  const requestId = /x-request-id: (\S+)/i.exec(head)?.[1]
  return { status: Number(head.split(' ')[1]), requestId, body: JSON.parse(body) as Parsed['body'] }
}

test.each([
  ['headers over the limit', `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
  ['headers that never end', 'GET / HTTP/1.1\r\nhost: a\r\nx: ', 408],
  ['an unknown method', 'BREW /orders HTTP/1.1\r\nhost: a\r\n\r\n', 501],
  ['text that is not HTTP', 'hello there\r\n\r\n', 501],
  [
    'both a length and chunks',
    'POST /orders HTTP/1.1\r\nhost: a\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n',
    400,
  ],
  ['a path that is not percent-encoded', 'GET /orders/%zz HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n', 400],
  ['a tunnel', 'CONNECT a:1 HTTP/1.1\r\nhost: a\r\n\r\n', 501],
  ['no host', 'GET /orders/1 HTTP/1.1\r\nconnection: close\r\n\r\n', 400],
  [
    'a parameter of 300 characters',
    `GET /orders/${'x'.repeat(300)} HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n`,
    414,
  ],
  [
    'a body that stops half way',
    'POST /orders HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{',
    408,
  ],
])('answers %s with a problem that has a request id', async (_what, bytes, status) => {
  const server = status === 408 ? impatient : app
  const { body, requestId, ...answer } = parsed(await raw(portOf(server), bytes))
  expect(answer.status).toBe(status)
  expect(body).toMatchObject({ status, requestId, title: expect.any(String) as string })
  expect(requestId).toMatch(/^[0-9a-f-]{36}$/)
  expect(JSON.stringify(body)).not.toMatch(/FST_|HPE_|fastify/i)
})

test('ignores an expectation that it does not understand', async () => {
  const bytes = 'GET /orders/1 HTTP/1.1\r\nhost: a\r\nexpect: miracles\r\nconnection: close\r\n\r\n'
  expect(await raw(portOf(app), bytes)).toMatch(/^HTTP\/1.1 200 /)
})

test('counts requests that reached no route', async () => {
  await raw(portOf(app), 'BREW / HTTP/1.1\r\nhost: a\r\n\r\n')
  expect(await registry.metrics()).toMatch(/http_requests_total\{method="unknown",route="unknown",status="501"\} [1-9]/)
})
