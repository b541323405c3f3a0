// Is an order its customer's alone, whatever token another comes with, on every route there is?
import { randomUUID } from 'node:crypto'
import type { OpenApi } from '@orderpipeline/http'
import { generateKeyPair, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { Asking, GatewayTestEnvironment } from './test-environment.ts'
import { audience, forged, issuer, seconds, startIssuer } from './tokens.ts'
import type { Issuer } from './tokens.ts'

const victim = 'customer-victim'
const other = 'customer-other'
const bought = { currency: 'CHF', items: [{ sku: 'SKU-0007', quantity: 7 }] }
const key = randomUUID()

let on: GatewayTestEnvironment
let keys: Issuer
let gateway: Gateway
let orderId: string
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  await on.database.ask('orders', `INSERT INTO product_prices VALUES ('SKU-0007', 'CHF', 1234)`)
  keys = await startIssuer()
  gateway = await on.start({
    AUTH_ALGORITHMS: 'RS256,ES256',
    AUTH_JWKS_URL: keys.jwksUrl,
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
    AUTH_CLOCK_TOLERANCE_SECONDS: '0',
  })
  const placement = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, {
    body: bought,
    headers: { ...bearer(await keys.token(victim)), 'idempotency-key': key },
  })
  expect(placement.status).toBe(202)
  orderId = placement.body.orderId
})
afterAll(async () => {
  await on.close()
  await keys.close()
})

function bearer(token: string) {
  return { authorization: `Bearer ${token}` }
}

interface Attempt extends Asking {
  readonly name: string
  readonly path: string
}

/**
 * A request to each route that needs a customer, aimed at the victim's order wherever one can be
 * named.
 */
async function attempts(): Promise<readonly Attempt[]> {
  const { body } = await ask<OpenApi>(`${gateway.url}/openapi.json`)
  const bodies: Readonly<Record<string, unknown>> = {
    '/v1/orders': { customerId: victim, ...bought },
    '/v1/orders/sync': { customerId: victim, ...bought },
    '/v1/orders/async': { customerId: victim, ...bought },
    '/v1/orders/batch': { orders: [{ customerId: victim, ...bought, idempotencyKey: key }] },
    '/v1/orders/status': { ids: [orderId] },
  }
  return Object.entries(body.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => JSON.stringify(operation.security) === '[{"bearer":[]}]')
      .flatMap(([method]): Attempt[] => {
        const target =
          path.replace('{id}', orderId) + (path === '/v1/orders' && method === 'get' ? `?customer=${victim}` : '')
        const asking = { method: method.toUpperCase(), ...(method === 'post' ? { body: bodies[path] } : {}) }
        const unversionedPath = target.replace('/v1', '')
        return [target, unversionedPath].map((each) => ({ name: `${asking.method} ${each}`, path: each, ...asking }))
      }),
  )
}

function attempt({ path, method, body }: Attempt, headers: Record<string, string>) {
  return ask(`${gateway.url}${path}`, {
    ...(method === undefined ? {} : { method }),
    ...(body === undefined ? {} : { body }),
    headers: { ...headers, 'idempotency-key': key, prefer: 'wait=0' },
  })
}

async function countOrders(): Promise<number> {
  return (await on.database.ask('orders', 'SELECT FROM orders')).length
}

test('every route except the description needs a customer', async () => {
  expect((await attempts()).map(({ name }) => name)).toEqual(
    expect.arrayContaining([
      'POST /v1/orders',
      'POST /orders/sync',
      'POST /v1/orders/batch',
      `GET /v1/orders?customer=${victim}`,
      `GET /v1/orders/${orderId}`,
      `GET /orders/${orderId}/events`,
      'POST /v1/orders/status',
      `DELETE /v1/orders/${orderId}`,
    ]),
  )
})

describe('a refused token gets the same 401 on every route and has no effect', () => {
  const cases: Readonly<Record<string, () => Promise<Record<string, string>> | Record<string, string>>> = {
    absent: () => ({}),
    empty: () => ({ authorization: 'Bearer ' }),
    'of another scheme': () => ({ authorization: `Basic ${Buffer.from(`${victim}:x`).toString('base64')}` }),
    expired: async () => bearer(await keys.token(victim, { exp: seconds(-2) })),
    'that never expires': async () => bearer(await keys.token(victim, { exp: undefined as never })),
    'not yet valid': async () => bearer(await keys.token(victim, { nbf: seconds(120) })),
    'for another audience': async () => bearer(await keys.token(victim, { aud: 'payments' })),
    'for no audience': async () => bearer(await keys.token(victim, { aud: undefined as never })),
    'of another issuer': async () => bearer(await keys.token(victim, { iss: 'https://elsewhere.example' })),
    'under a key nobody knows': async () => {
      const { privateKey } = await generateKeyPair('RS256')
      const claims = { iss: issuer, aud: audience, sub: victim, exp: seconds(300) }
      return bearer(await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'second' }).sign(privateKey))
    },
    "under another's key that calls itself ours": async () => {
      const { privateKey } = await generateKeyPair('RS256')
      const claims = { iss: issuer, aud: audience, sub: victim, exp: seconds(300) }
      return bearer(await new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'first' }).sign(privateKey))
    },
    'with the algorithm none': () => bearer(`${forged({ alg: 'none' }, victim)}`),
    'with the algorithm none and a signature': () => bearer(forged({ alg: 'none' }, victim, 'x')),
    'signed with the public key as a shared secret': () =>
      bearer(forged({ alg: 'HS256', kid: 'first' }, victim, keys.publicKeyPem)),
    'signed with the public key in JSON as a shared secret': () =>
      bearer(forged({ alg: 'HS256', kid: 'first' }, victim, JSON.stringify(keys.publicJwk))),
    'that brings its own key': () =>
      bearer(forged({ alg: 'HS256', jwk: { kty: 'oct', k: 'c2VjcmV0' } }, victim, 'secret')),
    'with an extension that must be understood': async () => {
      const extension = 'https://extension.example'
      return bearer(await keys.token(victim, {}, { crit: [extension], [extension]: 1 }))
    },
    'with the one extension that the library understands': async () =>
      bearer(await keys.token(victim, {}, { crit: ['b64'], b64: true })),
    'that was changed after it was signed': async () => {
      const [head, , signature] = (await keys.token(other)).split('.')
      const [, payload] = (await keys.token(victim)).split('.')
      return bearer([head, payload, signature].join('.'))
    },
  }
  test.each(Object.entries(cases))('%s', async (_name, headersOf) => {
    const headers = await headersOf()
    const before = await countOrders()
    for (const each of await attempts()) {
      const answer = await attempt(each, headers)
      expect(`${each.name} ${answer.status}`).toBe(`${each.name} 401`)
      expect(answer.headers.get('www-authenticate')).toContain('Bearer')
      expect(Object.keys(answer.body).sort()).toEqual(['detail', 'problems', 'requestId', 'status', 'title'])
      expect(answer.body).toMatchObject({ problems: [{ path: 'authorization' }] })
      expect(answer.text).not.toMatch(new RegExp(`${orderId}|${victim}|SKU|CHF`))
    }
    expect(await countOrders()).toBe(before)
  })
})

describe('a valid token without a customer gets 403 with the claim and has no effect', () => {
  const cases: Readonly<Record<string, () => Promise<string>>> = {
    'of nobody': () => keys.token(victim, { sub: undefined as never }),
    'of a subject that is not printable': () => keys.token("x' OR\n''='"),
    'of a subject that is too long': () => keys.token('x'.repeat(256)),
  }
  test.each(Object.entries(cases))('%s', async (_name, tokenOf) => {
    const headers = bearer(await tokenOf())
    const before = await countOrders()
    for (const each of await attempts()) {
      const answer = await attempt(each, headers)
      expect(`${each.name} ${answer.status}`).toBe(`${each.name} 403`)
      expect(answer.headers.get('content-type')).toContain('application/problem+json')
      expect(answer.body).toMatchObject({ detail: 'the claim "sub" of the token identifies no customer' })
      expect(answer.text).not.toMatch(new RegExp(`${orderId}|${victim}|SKU|CHF`))
    }
    expect(await countOrders()).toBe(before)
  })
})

test('with a claim for customers the order belongs to the claim, not the subject', async () => {
  const claiming = await on.start({
    AUTH_ALGORITHMS: 'RS256',
    AUTH_JWKS_URL: keys.jwksUrl,
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
    AUTH_CUSTOMER_CLAIM: 'customer_id',
  })
  const see = async (token: string) =>
    (await ask(`${claiming.url}/v1/orders/${orderId}`, { headers: bearer(token) })).status
  expect(await see(await keys.token('auth0|1', { customer_id: victim }))).toBe(200)
  expect(await see(await keys.token(victim, { customer_id: other }))).toBe(404)
  expect(await see(await keys.token(victim))).toBe(403)
})

test('no route shows another customer’s order', async () => {
  const headers = bearer(await keys.token(other))
  for (const each of await attempts()) {
    const answer = await attempt(each, headers)
    // What the request itself named may be in the answer; what only the order knows may not.
    expect(`${each.name} ${answer.text}`).not.toMatch(/SKU-0007|CHF|PLACED/)
    const shortPath = each.path.replace('/v1', '')
    if (shortPath === '/orders/status') expect(answer).toMatchObject({ status: 200, body: { orders: [] } })
    else if (shortPath === '/orders/batch') expect(answer.body).toMatchObject({ results: [{ status: 403 }] })
    // They are the caller's own: a request has no way to name those of another customer. 404: the
    // caller has no number to confirm.
    else if (shortPath.startsWith('/preferences')) expect([200, 400, 404, 415, 422]).toContain(answer.status)
    else if (each.method === 'POST') expect(`${each.name} ${answer.status}`).toBe(`${each.name} 403`)
    else expect(`${each.name} ${answer.status}`).toBe(`${each.name} 404`)
  }
  const foreign = await ask(`${gateway.url}/v1/orders/${orderId}`, { headers })
  const absent = await ask(`${gateway.url}/v1/orders/${randomUUID()}`, { headers })
  // Except for the order id of the request.
  const words = ({ text }: typeof foreign) => text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>')
  expect(words(foreign)).toBe(words(absent))
})

test('two customers may use the same idempotency key', async () => {
  const headers = { ...bearer(await keys.token(other)), 'idempotency-key': key }
  const mine = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body: bought, headers })
  expect(mine.status).toBe(202)
  expect(mine.headers.get('idempotency-replayed')).toBeNull()
  expect(mine.body.orderId).not.toBe(orderId)
})

test('a customer sees the order on every route without naming the customer', async () => {
  const headers = bearer(await keys.token(victim))
  const get = (path: string) => ask(`${gateway.url}${path}`, { headers })
  expect((await get(`/v1/orders/${orderId}`)).body).toMatchObject({ customerId: victim, ...bought })
  expect((await get('/v1/orders')).body).toMatchObject({ orders: [{ orderId }] })
  expect((await get(`/v1/orders?customer=${victim}`)).body).toMatchObject({ orders: [{ orderId }] })
  const status = await ask(`${gateway.url}/v1/orders/status`, { body: { ids: [orderId] }, headers })
  expect(status.body).toMatchObject({ orders: [{ orderId, status: 'PLACED' }] })
  const again = await ask(`${gateway.url}/v1/orders`, {
    body: { ...bought, customerId: victim },
    headers: { ...headers, 'idempotency-key': key },
  })
  expect(again.body).toMatchObject({ orderId })
})

test('a shared secret accepts its own tokens and refuses those of published keys', async () => {
  const secret = 'a-secret-that-is-long-enough-to-be-one'
  const sharedKeyGateway = await on.start({
    AUTH_ALGORITHMS: 'HS256',
    AUTH_SECRET: secret,
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
  })
  const status = async (token: string) =>
    (await ask(`${sharedKeyGateway.url}/v1/orders/${orderId}`, { headers: bearer(token) })).status
  expect(await status(forged({ alg: 'HS256' }, victim, secret))).toBe(200)
  expect(await status(forged({ alg: 'HS256' }, other, secret))).toBe(404)
  expect(await status(forged({ alg: 'HS256' }, victim, `${secret}!`))).toBe(401)
  expect(await status(forged({ alg: 'HS512' }, victim, secret))).toBe(401)
  expect(await status(await keys.token(victim))).toBe(401)
})

test('without the issuer the answer is to retry, and no token is accepted', async () => {
  const alone = await on.start({
    AUTH_ALGORITHMS: 'RS256',
    AUTH_JWKS_URL: 'http://127.0.0.1:1/keys',
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
  })
  const answer = await ask(`${alone.url}/v1/orders/${orderId}`, { headers: bearer(await keys.token(victim)) })
  expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '2'])
})
