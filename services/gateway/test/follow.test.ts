// Does the page that docs/guides/gateway.md shows follow an order where tokens are needed, as no
// EventSource can? The test runs the text of that document.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment, settle } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, forged, issuer } from './tokens.ts'

const secret = 'a-secret-that-is-long-enough-to-be-one'
const customer = 'auth0|507f1f77bcf86cd799439011'
function token(of = customer) {
  return forged({ alg: 'HS256' }, of, secret)
}

interface Step {
  readonly event: string
}
type Follow = (url: string, token: () => Promise<string>, step: (step: Step) => void) => Promise<void>

let on: GatewayTestEnvironment
let gateway: Gateway
let dir: string
let follow: Follow
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-follow-'))
  const document = await readFile(join(import.meta.dirname, '../../../docs/guides/gateway.md'), 'utf8')
  const [, program = ''] = /^```js\n([^]*?)^```/m.exec(document) ?? []
  const file = join(dir, 'follow.mjs')
  await writeFile(file, program)
  ;({ follow } = (await import(/* @vite-ignore */ pathToFileURL(file).href)) as { follow: Follow })
  on = await gatewayTestEnvironment()
  gateway = await on.start({
    AUTH_ALGORITHMS: 'HS256',
    AUTH_SECRET: secret,
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
    EVENTS_MAX_AGE_SECONDS: '1',
    CORS_ORIGINS: 'https://shop.example',
  })
})
afterAll(async () => {
  await on.close()
  await rm(dir, { recursive: true, force: true })
})

async function place(): Promise<string> {
  const body = { items: [{ sku: 'SKU-0001', quantity: 1 }] }
  const headers = { authorization: `Bearer ${token()}` }
  return (await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body, headers })).body.orderId
}
function eventsOf(orderId: string) {
  return `${gateway.url}/v1/orders/${orderId}/events`
}

test('a page with tokens follows an order through reconnects to its end', async () => {
  const orderId = await place()
  const steps: string[] = []
  let tokens = 0
  const fresh = () => {
    tokens++
    return Promise.resolve(token())
  }
  const following = follow(eventsOf(orderId), fresh, ({ event }) => void steps.push(event))
  await until(() => steps.length === 1)
  // Its stream ends by its age at least once, and what comes meanwhile is not missed.
  await until(() => tokens >= 3)
  await settle(on.database, orderId, 'OrderValidated', 'PROCESSING')
  await until(() => steps.length === 2)
  await settle(on.database, orderId, 'OrderCancelled', 'CANCELLED', 'CUSTOMER')
  await following
  expect(steps).toEqual(['OrderPlaced', 'OrderValidated', 'OrderCancelled'])
})

test('answers a page that may not follow at once, and EventSource with 401', async () => {
  const orderId = await place()
  const never = () => expect.unreachable()
  await expect(follow(eventsOf(orderId), () => Promise.resolve(token('another')), never)).rejects.toThrow(/^404 /)
  await expect(follow(eventsOf(orderId), () => Promise.resolve('none'), never)).rejects.toThrow(/^401 /)
  const byEventSource = await ask(eventsOf(orderId), { headers: { accept: 'text/event-stream' } })
  expect(byEventSource.status).toBe(401)
})

test('a page of another origin may send the allowed headers', async () => {
  const { headers } = await ask(eventsOf(await place()), {
    method: 'OPTIONS',
    headers: {
      origin: 'https://shop.example',
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization,last-event-id',
    },
  })
  const allowedHeaders = headers.get('access-control-allow-headers') ?? ''
  for (const name of ['authorization', 'last-event-id']) expect(allowedHeaders).toContain(name)
})
