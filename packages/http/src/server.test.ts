import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { expect, test, vi } from 'vitest'
import { createLogger, silentLogger } from '@orderpipeline/process'
import { createRegistry, startTracing } from '@orderpipeline/telemetry'
import type { SpanAttributes, Tracing } from '@orderpipeline/telemetry'
import { z } from 'zod'
import { HttpProblemError, overloaded } from './problem.ts'
import { createHttpServer } from './server.ts'
import type { HttpServerOptions } from './server.ts'
import { parsed } from './validation.ts'

const schema = z.strictObject({
  customerId: z.string().min(1).max(8),
  currency: z.enum(['EUR', 'USD']),
  items: z.array(z.strictObject({ sku: z.string(), quantity: z.int().min(1).max(9) })).min(1),
})

/** For a machine that stands still for a moment. */
const patience = { timeout: 30_000 }

function build(more: Partial<HttpServerOptions> = {}) {
  const registry = createRegistry()
  const server = createHttpServer({
    logger: silentLogger(),
    registry,
    bodyLimitBytes: 1_000,
    requestTimeoutMs: 30_000,
    connectionTimeoutMs: 30_000,
    keepAliveTimeoutMs: 1_000,
    connectionMaxAgeMs: 60_000,
    ...more,
  })
  server.app.post('/orders/:id', (request) => parsed(schema, request.body))
  server.app.get('/fine', () => Promise.resolve({}))
  server.app.get('/broken', () => {
    throw new Error('password of the database is hunter2')
  })
  server.app.get('/full', () => {
    throw overloaded('queue is full', 0.2)
  })
  server.app.get('/gone', () => {
    throw new HttpProblemError(404, 'Not Found', 'no such order')
  })
  return { ...server, registry }
}

test('lists every problem of a request with path, found and allowed value', async () => {
  const { app } = build()
  const answer = await app.inject({
    method: 'POST',
    url: '/orders/1',
    payload: {
      customerId: 'a-far-too-long-name',
      items: [
        { sku: 'a', quantity: 0, color: 'red' },
        { sku: 1, quantity: 2 },
      ],
    },
  })
  expect(answer.statusCode).toBe(400)
  expect(answer.headers['content-type']).toContain('application/problem+json')
  expect(answer.json()).toMatchObject({
    title: 'Invalid Request',
    problems: [
      { path: 'customerId', found: '"a-far-too-long-name"', allowed: 'at most 8 characters' },
      { path: 'currency', found: 'nothing', allowed: 'one of "EUR", "USD"' },
      { path: 'items[0].quantity', found: '0', allowed: 'at least 1' },
      { path: 'items[0].color', found: '"red"', allowed: 'no such field' },
      { path: 'items[1].sku', found: '1', allowed: 'a string' },
    ],
  })
  expect(
    (
      await app.inject({
        method: 'POST',
        url: '/orders/1',
        payload: '{"a":',
        headers: { 'content-type': 'application/json' },
      })
    ).statusCode,
  ).toBe(400)
  expect((await app.inject({ method: 'POST', url: '/orders/1', payload: { a: 'x'.repeat(2_000) } })).statusCode).toBe(
    413,
  )
})

test.each([
  ['lists', '[', ']'],
  ['objects', '{"a":', '}'],
])('answers 400 with the field for a body of %s nested 20,000 levels deep', async (_kind, open, close) => {
  const { app } = build({ bodyLimitBytes: 1_000_000 })
  const deep = `${open.repeat(20_000)}1${close.repeat(20_000)}`
  for (const payload of [deep, `{"customerId":"c","currency":"EUR","items":${deep}}`, `{"unknown":${deep}}`]) {
    const headers = { 'content-type': 'application/json' }
    const answer = await app.inject({ method: 'POST', url: '/orders/1', headers, payload })
    expect(answer.statusCode).toBe(400)
    expect(answer.json()).toMatchObject({ title: 'Invalid Request', problems: expect.any(Array) as unknown })
  }
})

test('shortens an answer with thousands of problems and counts the rest', async () => {
  const { app } = build({ bodyLimitBytes: 1_000_000 })
  const fields = Array.from({ length: 5_000 }, (_, n) => [`${n}-${'x'.repeat(100)}`, 1])
  const answer = await app.inject({ method: 'POST', url: '/orders/1', payload: Object.fromEntries(fields) as object })
  expect(answer.statusCode).toBe(400)
  expect(answer.body.length).toBeLessThan(10_000)
  expect(answer.json<{ problems: unknown[] }>().problems).toHaveLength(20)
  expect(answer.json<{ detail: string }>().detail).toMatch(/^5003 problems in: .*, 4983 more$/)
})

test('hides the cause of an internal error from the caller', async () => {
  const answer = await build().app.inject({ url: '/broken', headers: { 'x-request-id': 'abc' } })
  expect(answer.json()).toEqual({ title: 'Internal Error', status: 500, requestId: 'abc' })
})

test('an overloaded service answers with Retry-After', async () => {
  const answer = await build().app.inject('/full')
  expect([answer.statusCode, answer.headers['retry-after']]).toEqual([503, '1'])
})

test('every answer carries the request id, the caller’s own if it is valid', async () => {
  const { app } = build()
  const idFor = async (headers: Record<string, string>) =>
    (await app.inject({ url: '/gone', headers })).headers['x-request-id']
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  expect(await idFor({ 'x-request-id': 'order-7', traceparent: `00-${trace}-00f067aa0ba902b7-01` })).toBe('order-7')
  expect(await idFor({ 'x-request-id': 'two words', traceparent: `00-${trace}-00f067aa0ba902b7-01` })).toBe(trace)
  expect(await idFor({ traceparent: '00-junk' })).toMatch(/^[0-9a-f-]{36}$/)
})

test('continues the trace of a trusted caller and links the trace of any other', async () => {
  const caller = '4bf92f3577b34da6a3ce929d0e0e4736'
  const tracingConfig = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_TRACES_SAMPLER_ARG: 0 }
  const tracing = await startTracing(tracingConfig, { service: 'test' }, silentLogger())
  const traceparentFor = async (more: Partial<HttpServerOptions>, flags: string, remoteAddress: string) => {
    const { app } = build(more)
    app.get('/correlation', (request) => Promise.resolve(request.correlation))
    const headers = { traceparent: `00-${caller}-00f067aa0ba902b7-${flags}`, 'x-forwarded-for': '10.1.2.3' }
    return (await app.inject({ url: '/correlation', headers, remoteAddress })).json<{ traceparent?: string }>()
      .traceparent
  }
  const tracePeers = ['10.0.0.0/8']
  const goesOn = (flags: string) => new RegExp(`^00-${caller}-(?!00f067aa0ba902b7)[0-9a-f]{16}-${flags}$`)
  for (const address of ['10.1.2.3', '::ffff:10.1.2.3']) {
    expect(await traceparentFor({ tracing, tracePeers }, '01', address)).toMatch(goesOn('01'))
    expect(await traceparentFor({ tracing, tracePeers }, '00', address)).toMatch(goesOn('00'))
  }
  // The traceparent from a proxy is its caller's, whatever the proxy says of their address.
  const proxyOptions = { tracing, tracePeers, trustedProxies: ['192.0.2.7'] }
  for (const [more, address] of [
    [{ tracing }, '10.1.2.3'],
    [{ tracing, tracePeers }, '192.0.2.7'],
    [proxyOptions, '192.0.2.7'],
  ] as const)
    for (const flags of ['01', '00'])
      expect(await traceparentFor(more, flags, address)).toMatch(
        new RegExp(`^00-(?!${caller})[0-9a-f]{32}-[0-9a-f]{16}-00$`),
      )
  // Without spans of its own it hands on trusted traces only, so that no stage samples by the
  // decision of others.
  expect(await traceparentFor({ tracePeers }, '01', '10.1.2.3')).toBe(`00-${caller}-00f067aa0ba902b7-01`)
  expect(await traceparentFor({}, '01', '10.1.2.3')).toBeUndefined()
  expect(await traceparentFor({ tracePeers: 'all' }, '01', '192.0.2.7')).toContain(caller)
  await tracing?.close()
})

test('logs a request as configured, with its ids and without secrets', async () => {
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const trace = '4bf92f3577b34da6a3ce929d0e0e4736'
  const headers = { traceparent: `00-${trace}-00f067aa0ba902b7-01`, authorization: 'Bearer hunter2' }
  for (const requestLog of ['none', 'problems', 'all'] as const) {
    const { app } = build({ requestLog, logger: createLogger({ service: 'test', destination }) })
    await app.inject({ url: '/gone?secret=hunter2', headers })
    await app.inject({ url: '/fine?secret=hunter2', headers })
  }
  expect(lines.map(({ route, status }) => [route, status])).toEqual([
    ['/gone', 404],
    ['/gone', 404],
    ['/fine', 200],
  ])
  expect(lines[0]).toMatchObject({ method: 'GET', correlationId: trace, traceId: trace, address: '127.0.0.1' })
  expect(JSON.stringify(lines)).not.toContain('hunter2')
})

test('counts requests by route and status, and closes connections on shutdown', async () => {
  const server = build()
  const { app, registry } = server
  await app.inject('/gone')
  server.announceClosing()
  expect((await app.inject('/gone')).headers['connection']).toBe('close')
  await app.inject({ method: 'POST', url: '/orders/1', payload: {} })
  const metrics = await registry.metrics()
  expect(metrics).toContain('http_requests_total{method="GET",route="/gone",status="404"} 2')
  expect(metrics).toContain('http_requests_total{method="POST",route="/orders/:id",status="400"} 1')
  expect(metrics).toContain('http_requests_active 0')
})

test('ends a request whose caller disconnects in metrics, log and trace', async () => {
  const lines: Record<string, unknown>[] = []
  const destination = { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) }
  const endedSpans: SpanAttributes[] = []
  const tracing: Tracing = {
    span: (name) => {
      let current: SpanAttributes = { name }
      const set = (attributes: SpanAttributes) => void (current = { ...current, ...attributes })
      return { traceparent: '', set, fail: () => undefined, end: () => void endedSpans.push(current) }
    },
    close: () => Promise.resolve(),
  }
  const logger = createLogger({ service: 'test', destination })
  const { app, registry } = build({ requestLog: 'all', logger, tracing })
  let answer = (): void => undefined
  app.get('/waits', () => new Promise((resolve) => (answer = () => resolve({}))))
  app.get('/streams', (_request, reply) => reply.send(Readable.from(once('first'), { objectMode: false })))
  await app.listen({ port: 0, host: '127.0.0.1' })
  const url = `http://127.0.0.1:${(app.server.address() as AddressInfo).port}`
  try {
    const leaving = new AbortController()
    const stream = await fetch(`${url}/streams`, { signal: leaving.signal })
    const waiting = fetch(`${url}/waits`, { signal: leaving.signal }).catch(() => undefined)
    await vi.waitUntil(async () => (await registry.metrics()).includes('http_requests_active 2'), patience)
    leaving.abort()
    await Promise.all([waiting, stream.text().catch(() => undefined)])
    await vi.waitUntil(async () => (await registry.metrics()).includes('http_requests_active 0'), patience)
    answer()
    const metrics = await registry.metrics()
    expect(metrics).toContain('http_requests_total{method="GET",route="/streams",status="200"} 1')
    expect(metrics).toContain('http_requests_total{method="GET",route="/waits",status="499"} 1')
    expect(metrics).toContain('http_request_duration_seconds_count{method="GET",route="/waits"} 1')
    const logEntries = lines.flatMap(({ route, status }) => (route === undefined ? [] : [[route, status]])).sort()
    expect(logEntries).toEqual([
      ['/streams', 200],
      ['/waits', 499],
    ])
    expect(endedSpans.map((span) => [span['name'], span['http.response.status_code']]).sort()).toEqual([
      ['GET /streams', 200],
      ['GET /waits', 499],
    ])
  } finally {
    await app.close()
  }
})

/** Sends the text and then nothing more, without an end. */
async function* once(text: string): AsyncGenerator<string> {
  yield text
  await new Promise(() => undefined)
}
