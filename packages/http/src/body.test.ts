import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:net'
import { expect, test, vi } from 'vitest'
import { portOf, testServer } from './testing.ts'

const json = { 'content-type': 'application/json' }

test.each([json, { 'content-type': 'application/x-www-form-urlencoded' }, {}])(
  'accepts a DELETE without a body whatever its content type is: %j',
  async (headers) => {
    const answer = await testServer().app.inject({ method: 'DELETE', url: '/orders/1', headers })
    expect([answer.statusCode, answer.json()]).toEqual([200, { body: 'none' }])
  },
)

test('does not read the body of a DELETE', async () => {
  const { app } = testServer()
  for (const [type, payload] of [
    ['application/json', '{"broken'],
    ['text/plain', 'reason=late'],
  ] as const) {
    const answer = await app.inject({ method: 'DELETE', url: '/orders/1', headers: { 'content-type': type }, payload })
    expect([answer.statusCode, answer.json()]).toEqual([200, { body: 'none' }])
  }
})

test('treats an empty JSON body as no body, and skips a byte order mark', async () => {
  const { app } = testServer()
  const post = (payload: string) => app.inject({ method: 'POST', url: '/orders', headers: json, payload })
  expect((await post('')).json()).toEqual({ body: 'none' })
  expect((await post('\uFEFF{"a":1}')).json()).toEqual({ body: { a: 1 } })
})

test.each([
  ['content-type', { 'content-type': 'text/plain' }, '"text/plain"', 'application/json', 415],
  ['content-type', {}, 'nothing', 'application/json', 415],
  ['content-encoding', { ...json, 'content-encoding': 'gzip' }, '"gzip"', 'identity: no compression', 415],
  ['body', json, String.raw`"{\"a\":"`, expect.stringMatching(/^JSON \(/) as string, 400],
])(
  'names %s of an unreadable body, what was found and what is allowed',
  async (path, headers, found, allowed, status) => {
    const { app } = testServer()
    const answer = await app.inject({ method: 'POST', url: '/orders', headers, payload: '{"a":' })
    expect(answer.statusCode).toBe(status)
    expect(answer.headers['content-type']).toContain('application/problem+json')
    expect(answer.json()).toMatchObject({ detail: `1 problem in: ${path}`, problems: [{ path, found, allowed }] })
  },
)

test('names the size and the limit of a body that is too large', async () => {
  const { app } = testServer()
  const answer = await app.inject({ method: 'POST', url: '/orders', headers: json, payload: `"${'x'.repeat(1_500)}"` })
  expect(answer.statusCode).toBe(413)
  expect(answer.json()).toMatchObject({
    problems: [{ path: 'body', found: '1502 bytes', allowed: 'at most 1000 bytes' }],
  })
})

test('slow senders share one memory budget and free it when they disconnect', async () => {
  const { app, registry } = testServer({ maxBodyBytes: 1_500, requestTimeoutMs: 60_000 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  try {
    const slow = connect(portOf(app), '127.0.0.1')
    slow.write('POST /orders HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 900\r\n\r\n{')
    const hasReserved = async (bytes: number) =>
      (await registry.metrics()).includes(`http_body_bytes_reserved ${bytes}`)
    await vi.waitUntil(() => hasReserved(900), { timeout: 10_000 })
    const post = () => app.inject({ method: 'POST', url: '/orders', headers: json, payload: `"${'x'.repeat(700)}"` })
    const full = await post()
    expect([full.statusCode, full.headers['retry-after']]).toEqual([503, '1'])
    expect((await app.inject({ method: 'POST', url: '/orders', headers: json, payload: '"small"' })).statusCode).toBe(
      200,
    )
    expect((await app.inject('/orders/1')).statusCode).toBe(200)
    slow.destroy()
    await vi.waitUntil(() => hasReserved(0), { timeout: 10_000 })
    expect((await post()).statusCode).toBe(200)
  } finally {
    await app.close()
  }
})

test('closes a connection beyond the allowed number when it opens', async () => {
  const { app } = testServer({ maxConnections: 2 })
  await app.listen({ port: 0, host: '127.0.0.1' })
  const sockets = [1, 2].map(() => connect(portOf(app), '127.0.0.1'))
  try {
    await Promise.all(sockets.map((socket) => new Promise((resolve) => socket.once('connect', resolve))))
    await sleep(50)
    const third = connect(portOf(app), '127.0.0.1')
    third.on('error', () => undefined)
    await new Promise((resolve) => third.once('close', resolve))
    sockets[0]?.write('GET /orders/1 HTTP/1.1\r\nhost: a\r\n\r\n')
    const [answer] = await Promise.all([new Promise((resolve) => sockets[0]?.once('data', resolve))])
    expect(String(answer)).toMatch(/^HTTP\/1\.1 200/)
  } finally {
    for (const socket of sockets) socket.destroy()
    await app.close()
  }
})
