import { expect, test } from 'vitest'
import { testServer } from './testing.ts'

test('answers 405 with the allowed methods for an unsupported method', async () => {
  const { app } = testServer()
  for (const [method, url, allow] of [
    ['PUT', '/orders/1', 'DELETE, GET, HEAD, OPTIONS'],
    ['DELETE', '/orders', 'OPTIONS, POST'],
    ['GET', '/orders/', 'OPTIONS, POST'],
  ] as const) {
    const answer = await app.inject({ method, url, payload: 'x', headers: { 'content-type': 'text/plain' } })
    expect([answer.statusCode, answer.headers['allow']]).toEqual([405, allow])
    expect(answer.json()).toMatchObject({ problems: [{ path: 'method', found: method, allowed: allow }] })
  }
})

test('answers 404 for an unknown path with every method', async () => {
  const { app } = testServer()
  for (const method of ['GET', 'POST', 'PUT', 'OPTIONS'] as const)
    expect((await app.inject({ method, url: '/order' })).statusCode).toBe(404)
})

test('HEAD answers like GET without the body, and OPTIONS lists the methods', async () => {
  const { app } = testServer()
  const head = await app.inject({ method: 'HEAD', url: '/orders/1' })
  expect([head.statusCode, head.body, head.headers['content-length']]).toEqual([200, '', '16'])
  const options = await app.inject({ method: 'OPTIONS', url: '/orders/1' })
  expect([options.statusCode, options.headers['allow']]).toEqual([204, 'DELETE, GET, HEAD, OPTIONS'])
})

test('ignores a slash at the end of a path', async () => {
  const { app } = testServer()
  expect((await app.inject('/orders/1/')).statusCode).toBe(200)
})

const preflightHeaders = { origin: 'https://shop.example', 'access-control-request-method': 'POST' }

test('allows no cross-origin call without configured origins', async () => {
  const { app } = testServer()
  const answer = await app.inject({ method: 'OPTIONS', url: '/orders', headers: preflightHeaders })
  expect(answer.statusCode).toBe(204)
  expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

test('allows configured origins to call and to read why a call was refused', async () => {
  const { app } = testServer({ corsOrigins: ['https://shop.example'] })
  const preflight = await app.inject({ method: 'OPTIONS', url: '/orders', headers: preflightHeaders })
  expect(preflight.headers).toMatchObject({
    'access-control-allow-origin': 'https://shop.example',
    'access-control-allow-methods': 'OPTIONS, POST',
    vary: 'origin',
  })
  expect(preflight.headers['access-control-allow-headers']).toContain('idempotency-key')
  const refusal = await app.inject({ method: 'PUT', url: '/orders', headers: preflightHeaders })
  expect(refusal.headers['access-control-allow-origin']).toBe('https://shop.example')
  const other = await app.inject({ url: '/orders/1', headers: { origin: 'https://evil.example' } })
  expect(other.headers).not.toHaveProperty('access-control-allow-origin')
  expect(other.headers['vary']).toBe('origin')
})

test('answers every origin where any origin is allowed', async () => {
  const { app } = testServer({ corsOrigins: ['*'] })
  const answer = await app.inject({ url: '/orders/1', headers: { origin: 'https://any.example' } })
  expect(answer.headers['access-control-allow-origin']).toBe('*')
})
