// Do the development services issue tokens that a gateway accepts, and show the mails and traces
// that a shop sends?
import { randomUUID } from 'node:crypto'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { createTransport } from 'nodemailer'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import { silentLogger } from '@orderpipeline/process'
import { startTracing } from '@orderpipeline/telemetry'
import { devServicesConfig } from './config.ts'
import { startDevServices } from './server.ts'
import type { DevServices } from './server.ts'

let folder: string
let services: DevServices
const issuer = 'http://dev-services:8080'

function start(more: Readonly<Record<string, string>> = {}): Promise<DevServices> {
  const ports = { HTTP_PORT: '0', SMTP_PORT: '0', METRICS_PORT: '0', LISTEN_ADDRESS: '127.0.0.1' }
  const env = { ...ports, ISSUER_URL: issuer, ISSUER_KEY_FILE: join(folder, 'state', 'issuer-key.pem'), ...more }
  return startDevServices(devServicesConfig(env), silentLogger())
}

async function stop({ closers }: DevServices): Promise<void> {
  for (const closer of closers) await closer.close()
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'orderpipeline-dev-services-'))
  services = await start()
})
afterEach(async () => {
  await stop(services)
  await rm(folder, { recursive: true, force: true })
})

async function json<T>(path: string, init: RequestInit = {}): Promise<T> {
  const answer = await fetch(services.url + path, { ...init, signal: AbortSignal.timeout(10_000) })
  expect(answer.status, path).toBe(200)
  return (await answer.json()) as T
}

async function pageOf(
  path: string,
): Promise<{ readonly status: number; readonly text: string; readonly policy: string }> {
  const answer = await fetch(services.url + path, {
    headers: { accept: 'text/html,*/*' },
    signal: AbortSignal.timeout(10_000),
  })
  return {
    status: answer.status,
    text: await answer.text(),
    policy: answer.headers.get('content-security-policy') ?? '',
  }
}

function form(fields: Record<string, string>): RequestInit {
  return { method: 'POST', body: new URLSearchParams(fields) }
}

async function verified(token: string) {
  const keys = await json<{ keys: [] }>('/jwks')
  return await jwtVerify(token, createLocalJWKSet(keys), { issuer, audience: 'orders', algorithms: ['RS256'] })
}

describe('the issuer', () => {
  it('gives a token that its published keys verify, for the customer and the scopes of the request', async () => {
    const {
      access_token: token,
      token_type,
      scope,
    } = await json<Record<'access_token' | 'token_type' | 'scope', string>>(
      '/token',
      form({ grant_type: 'client_credentials', client_id: 'me', scope: 'shop.staff orders:read' }),
    )
    expect([token_type, scope]).toEqual(['Bearer', 'shop.staff orders:read'])
    const { payload, protectedHeader } = await verified(token ?? '')
    expect(protectedHeader).toMatchObject({ alg: 'RS256', typ: 'at+jwt' })
    expect(payload).toMatchObject({ sub: 'me', client_id: 'me', scope: 'shop.staff orders:read' })
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(43_200)
  })

  it('gives a token for each of many customers in one request', async () => {
    const customers = ['a', 'b', 'c']
    const { tokens } = await json<{ tokens: string[] }>('/tokens', {
      method: 'POST',
      body: JSON.stringify({ customers }),
    })
    const subjects = await Promise.all(tokens.map(async (token) => (await verified(token)).payload.sub))
    expect(subjects).toEqual(customers)
  })

  it('publishes metadata that lead to its keys and its token endpoint', async () => {
    const metadata = await json('/.well-known/openid-configuration')
    expect(metadata).toMatchObject({ issuer, jwks_uri: `${issuer}/jwks`, token_endpoint: `${issuer}/token` })
    expect(await json<{ keys: Record<string, unknown>[] }>('/jwks')).toMatchObject({
      keys: [{ kty: 'RSA', alg: 'RS256', use: 'sig' }],
    })
  })

  it('publishes no part of its private key', async () => {
    const [key] = (await json<{ keys: Record<string, unknown>[] }>('/jwks')).keys
    expect(Object.keys(key ?? {}).sort()).toEqual(['alg', 'e', 'kid', 'kty', 'n', 'use'])
  })

  it('has the same key after a restart, in a file that only its owner can read', async () => {
    const { access_token: token } = await json<{ access_token: string }>('/token', form({ client_id: 'me' }))
    await stop(services)
    services = await start()
    expect((await verified(token)).payload.sub).toBe('me')
    expect((await stat(join(folder, 'state', 'issuer-key.pem'))).mode & 0o777).toBe(0o600)
  })

  it('takes its key from the environment, such as from a Secret', async () => {
    const pem = await readFile(join(folder, 'state', 'issuer-key.pem'), 'utf8')
    const before = await json('/jwks')
    await stop(services)
    services = await start({ ISSUER_KEY: pem, ISSUER_KEY_FILE: join(folder, 'other') })
    expect(await json('/jwks')).toEqual(before)
  })

  it.each([
    ['without a key', { ISSUER_KEY_FILE: undefined }, /ISSUER_KEY: found nothing/],
    [
      'with a key file that holds no key',
      { ISSUER_KEY_FILE: 'broken' },
      /ISSUER_KEY_FILE: found a text that is no private key/,
    ],
  ])('does not start %s', async (_title, { ISSUER_KEY_FILE: file }, message) => {
    if (file !== undefined) await writeFile(join(folder, file), 'no key')
    const env = {
      HTTP_PORT: '0',
      ISSUER_URL: issuer,
      ...(file === undefined ? {} : { ISSUER_KEY_FILE: join(folder, file) }),
    }
    await expect(startDevServices(devServicesConfig(env), silentLogger())).rejects.toThrow(message)
  })

  it('refuses a customer with spaces, and names the field', async () => {
    const answer = await fetch(`${services.url}/token`, form({ client_id: 'a b' }))
    expect(answer.status).toBe(400)
    expect(await answer.text()).toContain('client_id')
  })
})

describe('a request on behalf of a customer', () => {
  it('reaches the gateway with a token of that customer, its query, its body and its idempotency key', async () => {
    const calls: Record<string, unknown>[] = []
    const gateway = createServer((call, answer) => {
      let body = ''
      call.on('data', (chunk: Buffer) => (body += chunk.toString()))
      call.on('end', () => {
        const { authorization = '', 'idempotency-key': key } = call.headers
        calls.push({ url: call.url, method: call.method, authorization, key, body })
        answer.writeHead(202, { 'content-type': 'application/json' }).end('{"orderId":"o-1"}')
      })
    })
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void gateway.close())
    await stop(services)
    services = await start({ GATEWAY_URL: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}` })
    const answer = await fetch(`${services.url}/as/me/v1/orders?limit=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k', authorization: 'Bearer other' },
      body: '{"items":[]}',
    })
    expect([answer.status, await answer.json()]).toEqual([202, { orderId: 'o-1' }])
    const [{ authorization, ...call } = { authorization: '' }] = calls
    expect(call).toEqual({ url: '/v1/orders?limit=1', method: 'POST', key: 'k', body: '{"items":[]}' })
    expect((await verified(String(authorization).replace('Bearer ', ''))).payload.sub).toBe('me')
  })

  interface Call {
    readonly request: string
    readonly authorization: string
  }

  /** Development services before a gateway that gives these answers, by method and path. */
  async function beforeGateway(answers: Readonly<Record<string, readonly [number, object]>>): Promise<readonly Call[]> {
    const calls: Call[] = []
    const gateway = createServer(({ method, url, headers: { authorization = '' } }, answer) => {
      const request = `${method} ${url}`
      calls.push({ request, authorization })
      const [status, body] = answers[request] ?? [404, { status: 404 }]
      answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    })
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void gateway.close())
    await stop(services)
    services = await start({ GATEWAY_URL: `http://127.0.0.1:${(gateway.address() as AddressInfo).port}` })
    return calls
  }

  async function callers(calls: readonly Call[]) {
    return await Promise.all(
      calls.map(async ({ request, authorization }) => {
        const { sub, scope } = (await verified(authorization.replace('Bearer ', ''))).payload
        return [request, sub, scope]
      }),
    )
  }

  const orderId = randomUUID()

  it('finds the customer of an order that was placed here by the id of the order alone', async () => {
    const calls = await beforeGateway({
      'POST /v1/orders/batch': [200, { results: [{ orderId }] }],
      [`GET /v1/orders/${orderId}`]: [200, { orderId }],
    })
    await fetch(`${services.url}/as/me/v1/orders/batch`, { method: 'POST', body: '{"orders":[]}' })
    expect((await pageOf(`/orders/${orderId}`)).status).toBe(200)
    expect(await callers(calls.slice(1))).toEqual([[`GET /v1/orders/${orderId}`, 'me', undefined]])
  })

  it('asks the gateway as its staff, once, for the customer of an order that was placed elsewhere', async () => {
    const calls = await beforeGateway({
      [`GET /v1/staff/orders/${orderId}`]: [200, { order: { orderId, customerId: 'you' } }],
      [`GET /v1/orders/${orderId}`]: [200, { orderId }],
      [`DELETE /v1/orders/${orderId}`]: [200, {}],
    })
    expect(await json(`/orders/${orderId}`)).toEqual({ orderId })
    expect((await fetch(`${services.url}/orders/${orderId}`, { method: 'DELETE' })).status).toBe(200)
    expect(await callers(calls)).toEqual([
      [`GET /v1/staff/orders/${orderId}`, 'dev-services', 'shop.staff orders:read'],
      [`GET /v1/orders/${orderId}`, 'you', undefined],
      [`DELETE /v1/orders/${orderId}`, 'you', undefined],
    ])
    expect((await pageOf(`/orders/${randomUUID()}`)).status).toBe(404)
  })

  it('says how to find an order where the gateway has no such staff', async () => {
    await beforeGateway({ [`GET /v1/staff/orders/${orderId}`]: [403, {}] })
    const { status, text } = await pageOf(`/orders/${orderId}`)
    expect(status).toBe(403)
    expect(text).toContain('among those of its customer')
  })

  it('goes to no other path than those of the gateway’s API', async () => {
    await stop(services)
    services = await start({ GATEWAY_URL: 'http://127.0.0.1:1' })
    expect((await pageOf('/as/me/metrics')).status).toBe(400)
    expect((await pageOf('/as/me/v1/orders')).status).toBe(503)
  })
})

describe('the mail catcher', () => {
  const send = async (mail: Parameters<ReturnType<typeof createTransport>['sendMail']>[0]): Promise<void> => {
    const transport = createTransport(services.smtpUrl)
    await transport.sendMail(mail).finally(() => transport.close())
  }
  interface Listed {
    readonly mails: { readonly id: string; readonly to: string[]; readonly subject: string; readonly text: string }[]
  }

  it('keeps a mail with its decoded subject and text, by its recipient', async () => {
    const text = 'Ihre Bestellung ist unterwegs.\nGrüße'
    await send({ from: 'shop@example.com', to: 'me@customers.invalid', subject: 'Größe: 42 – verschickt', text })
    await send({ from: 'shop@example.com', to: 'you@customers.invalid', subject: 'other', text: 'x' })
    const { mails } = await json<Listed>('/mails?to=me@')
    expect(mails).toMatchObject([{ to: ['me@customers.invalid'], subject: 'Größe: 42 – verschickt' }])
    expect(mails[0]?.text.trim()).toBe(text)
  })

  it('shows mails as pages in which nothing of a mail is HTML', async () => {
    const attack = '<script>alert(1)</script>'
    await send({
      from: 'shop@example.com',
      to: 'me@x.invalid',
      subject: attack,
      text: attack,
      html: `<p>${attack}</p>`,
    })
    const list = await pageOf('/mails')
    const [mail] = (await json<Listed>('/mails')).mails
    const single = await pageOf(`/mails/${mail?.id}`)
    for (const { status, text, policy } of [list, single]) {
      expect(status).toBe(200)
      expect(text).not.toContain('<script')
      expect(text).toContain('&lt;script&gt;')
      expect(policy).toContain("default-src 'none'")
    }
  })

  it('refuses a mail beyond its size, and takes the next one', async () => {
    const large = send({ from: 'shop@example.com', to: 'me@x.invalid', subject: 'large', text: 'x'.repeat(1_200_000) })
    await expect(large).rejects.toMatchObject({ responseCode: 552 })
    await send({ from: 'shop@example.com', to: 'me@x.invalid', subject: 'small', text: 'x' })
    expect((await json<Listed>('/mails')).mails.map(({ subject }) => subject)).toEqual(['small'])
  })

  it('takes a mail that cannot be read, and shows its source with the reason', async () => {
    const levels = Array.from(
      { length: 300 },
      (_, n) => `Content-Type: multipart/mixed; boundary="b${n}"\r\n\r\n--b${n}`,
    )
    const raw = `Subject: deep\r\n${levels.join('\r\n')}\r\n\r\nthe innermost\r\n`
    await send({ envelope: { from: 'shop@example.com', to: ['me@x.invalid'] }, raw })
    const [mail] = (await json<Listed>('/mails?to=me@')).mails
    expect(mail?.subject).toContain('nesting depth')
    expect(mail?.text).toContain('the innermost')
    expect((await pageOf(`/mails/${mail?.id}`)).text).toContain('the innermost')
  })

  it('keeps no more mails than MAILS_AT_MOST', async () => {
    await stop(services)
    services = await start({ MAILS_AT_MOST: '2' })
    for (const subject of ['1', '2', '3'])
      await send({ from: 'shop@example.com', to: 'me@x.invalid', subject, text: 'x' })
    expect(await json('/mails')).toMatchObject({ mails: [{ subject: '3' }, { subject: '2' }], dropped: 1 })
  })

  it('answers 404 for a mail that is not there', async () => {
    expect((await pageOf('/mails/none')).status).toBe(404)
  })
})

describe('the trace collector', () => {
  it('keeps the spans that the services of this project send, by their trace', async () => {
    const config = { OTEL_EXPORTER_OTLP_ENDPOINT: services.url, OTEL_TRACES_SAMPLER_ARG: 1 }
    const tracing = await startTracing(config, { service: 'gateway', pipeline: 'shop' }, silentLogger())
    const root = tracing?.span('POST /v1/orders', {
      kind: 'server',
      parent: undefined,
      attributes: { 'order.id': 'o-1' },
    })
    const child = tracing?.span('orders.placed process', { kind: 'consumer', parent: root?.traceparent })
    child?.fail(new Error('no stock'))
    child?.end()
    root?.end()
    await tracing?.close()
    const traceId = root?.traceparent.split('-')[1] ?? ''
    const trace = await json<{ spans: Record<string, unknown>[] }>(`/traces/${traceId}`)
    const [first, second] = ['server', 'consumer'].map((kind) => trace.spans.find((span) => span['kind'] === kind))
    expect(first).toMatchObject({
      service: 'gateway',
      name: 'POST /v1/orders',
      kind: 'server',
      attributes: { 'order.id': 'o-1' },
    })
    expect(second).toMatchObject({ kind: 'consumer', parentSpanId: first?.['spanId'], error: 'no stock' })
    expect(await json('/traces')).toMatchObject({ traces: [{ traceId, name: 'POST /v1/orders', spans: 2, errors: 1 }] })
    const { text } = await pageOf(`/traces/${traceId}`)
    expect(text).toContain('orders.placed process')
    expect(text).toContain('<svg')
  })

  it.each(['{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"x"}]}]}]}', '[]', 'protobuf'])(
    'refuses a request that is no OTLP in JSON: %s',
    async (body) => {
      const answer = await fetch(`${services.url}/v1/traces`, { method: 'POST', body })
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.status).toBeLessThan(500)
    },
  )
})

it('refuses a request under a name that a web page may have pointed at this machine', async () => {
  const status = await new Promise<number>((resolve, reject) => {
    const call = request(
      `${services.url}/token`,
      { method: 'POST', headers: { host: 'attacker.example' } },
      (answer) => {
        answer.resume()
        resolve(answer.statusCode ?? 0)
      },
    )
    call.on('error', reject)
    call.end('client_id=me')
  })
  expect(status).toBe(421)
})

it('refuses what a page of another site sends, and answers curl, which says of no site', async () => {
  const order = (headers: Record<string, string>) =>
    fetch(`${services.url}/token`, { ...form({ client_id: 'me' }), headers })
  expect((await order({ 'sec-fetch-site': 'cross-site' })).status).toBe(403)
  expect((await order({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
  expect((await order({})).status).toBe(200)
})

it('has relative links only, so that its pages also work behind a path of the API server', async () => {
  for (const path of ['/', '/mails', '/traces']) {
    const { text } = await pageOf(path)
    expect(text.match(/(href|src)="\//g), path).toBeNull()
  }
})
