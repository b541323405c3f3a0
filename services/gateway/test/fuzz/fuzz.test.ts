// Does every route do what its OpenAPI document says, whatever is sent? No 5xx, every refusal with
// the field that is wrong, every answer as it is declared, and nothing left behind. FUZZ_CASES says
// how many are tried, FUZZ_SEED with which seed; a failure prints both the seed and the smallest
// case.
import { getHeapStatistics, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import type { OpenApi } from '@orderpipeline/http'
import { unsubscribeToken } from '@orderpipeline/notification/preferences'
import { until } from '@orderpipeline/stage/testing'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../../src/index.ts'
import { ask, gatewayTestEnvironment, settle } from '../test-environment.ts'
import type { GatewayTestEnvironment } from '../test-environment.ts'
import { audience, forged, issuer } from '../tokens.ts'
import { cases } from './cases.ts'
import type { Case } from './cases.ts'
import { contractOf } from './contract.ts'
import { contractViolations } from './judge.ts'
import { send, sendBytes } from './send.ts'
import type { KnownValues } from './values.ts'

const count = Number(process.env['FUZZ_CASES'] ?? 2_000)
const seed = Number(process.env['FUZZ_SEED'] ?? 20_261_128)
const secret = 'a secret of thirty-two bytes, or a few more'
/** The token of a customer who is a member of the staff, too. */
const token = forged({ alg: 'HS256' }, 'customer-1', secret, {
  scope: 'openid shop.staff orders:read orders:hold orders:cancel',
})
const auth = {
  AUTH_ALGORITHMS: 'HS256',
  AUTH_SECRET: secret,
  AUTH_ISSUER: issuer,
  AUTH_AUDIENCE: audience,
  AUTH_STAFF_SCOPE: 'shop.staff',
}
const open = {}

let on: GatewayTestEnvironment
beforeAll(async () => {
  on = await gatewayTestEnvironment()
})
afterAll(() => on.close())

const quick = {
  ...{ SYNC_MAX_WAIT_SECONDS: '0.02', EVENTS_MAX_AGE_SECONDS: '5', HTTP_REQUEST_TIMEOUT_SECONDS: '5' },
  UNSUBSCRIBE_SECRET: secret,
}

async function documentOf(gateway: Gateway): Promise<OpenApi> {
  return (await ask<OpenApi>(`${gateway.url}/openapi.json`)).body
}

/** Orders in several states, and all else that a request can name. */
async function knownTo(gateway: Gateway, headers: Record<string, string>): Promise<KnownValues> {
  const ids: string[] = []
  for (let n = 0; n < 9; n++) {
    const body = {
      ...(headers['authorization'] ? {} : { customerId: 'customer-1' }),
      items: [{ sku: 'SKU-0001', quantity: 1 }],
    }
    const { body: placement } = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, { body, headers })
    if (n % 3 === 1) await settle(on.database, placement.orderId, 'OrderConfirmed', 'CONFIRMED')
    if (n % 3 === 2) await settle(on.database, placement.orderId, 'OrderShipped', 'SHIPPED')
    ids.push(placement.orderId)
  }
  const page = await ask<{ next: string }>(`${gateway.url}/v1/orders?customer=customer-1&limit=3`, { headers })
  return {
    id: ids,
    ids,
    sku: [...Array.from({ length: 15 }, (_, n) => `SKU-${String(n + 1).padStart(4, '0')}`), 'SKU-9999'],
    cursor: [page.body.next],
    customer: ['customer-1'],
    customerId: ['customer-1', 'customer-2'],
    currency: ['EUR', 'EUR', 'JPY'],
    low: ['true', 'false'],
    timeZone: ['Europe/Berlin', 'UTC'],
    endpoint: ['https://push.example/1', 'https://push.example/2'],
    token: [unsubscribeToken({ customerId: 'customer-1', lane: 'marketing' }, secret)],
    'idempotency-key': keys,
    idempotencyKey: keys,
    prefer: ['wait=1', 'wait=0', 'respond-async'],
    'last-event-id': ['OrderPlaced', 'OrderPlaced,OrderShipped', 'zzz'],
  }
}

/** Everything of a gateway that a request takes and has to release. */
async function heldBy(gateway: Gateway): Promise<Record<string, number>> {
  const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  const names = ['http_requests_active', 'http_body_bytes_reserved', 'gateway_sync_waiting', 'gateway_event_streams']
  return Object.fromEntries(
    [...names, 'gateway_orders_watched'].map((name) => [
      name,
      Number(new RegExp(`^${name} (.*)$`, 'm').exec(metrics)?.[1]),
    ]),
  )
}

const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`)

const idle = {
  http_requests_active: 0,
  http_body_bytes_reserved: 0,
  gateway_sync_waiting: 0,
  gateway_event_streams: 0,
  gateway_orders_watched: 0,
}

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void
function heapBytes(): number {
  collectGarbage()
  return getHeapStatistics().used_heap_size
}
function timers() {
  return process.getActiveResourcesInfo().filter((kind) => kind === 'Timeout').length
}

/** Far more than a counter a route needs, and far less than a request that is kept. */
const bytesACase = 500
const bytesOnce = 6_000_000

test.each([
  ['asks nobody who they are', open, undefined],
  ['asks for tokens', auth, token],
] as const)('a gateway that %s answers as its document says', { timeout: 1_200_000 }, async (_who, env, bearer) => {
  const gateway = await on.start({ ...quick, ...env })
  const document = await documentOf(gateway)
  const contract = contractOf(document)
  const knownValues = await knownTo(gateway, bearer === undefined ? {} : { authorization: `Bearer ${bearer}` })
  const statuses = new Map<number, number>()
  let caseCount = 0
  let start = { heap: 0, timers: 0 }
  const holds = async (one: Case) => {
    if (caseCount++ === 200) start = { heap: heapBytes(), timers: timers() }
    const answer = await send(gateway.url, one)
    statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1)
    expect(contractViolations(contract, one, answer)).toEqual([])
  }
  await fc.assert(fc.asyncProperty(cases(document, knownValues, bearer), holds), { numRuns: count / 2, seed })
  await until(async () => Object.values(await heldBy(gateway)).every((count) => count === 0), 20)
  expect(await heldBy(gateway)).toEqual(idle)
  expect(heapBytes() - start.heap).toBeLessThan(bytesOnce + bytesACase * caseCount)
  await until(() => timers() <= start.timers + 5, 20)
  // Each of these answers came at least once, or the run proves nothing.
  for (const status of [200, 202, 207, 400, 404, 405, 415, 422, ...(bearer === undefined ? [403] : [201, 401, 403])])
    expect([status, statuses.get(status) ?? 0]).not.toEqual([status, 0])
})

const requestText = [
  'POST /v1/orders HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}',
  'GET /v1/products?limit=2 HTTP/1.1\r\nhost: a\r\n\r\n',
  'POST /v1/orders/batch HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\ncontent-type: application/json\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
]
const bytes = fc
  .tuple(fc.constantFrom(...requestText), fc.nat(), fc.uint8Array({ maxLength: 8 }), fc.nat(8))
  .map(([text, at, odd, cut]) => {
    const whole = Buffer.from(text)
    const place = at % whole.length
    return Buffer.concat([whole.subarray(0, place), odd, whole.subarray(place + cut)])
  })

test('answers malformed HTTP with a problem or not at all, and with no 5xx but 501', { timeout: 600_000 }, async () => {
  const gateway = await on.start({ ...quick, ...open })
  const problem = contractOf(await documentOf(gateway))
  const holds = async (rawRequest: Buffer) => {
    const text = await sendBytes(gateway.url, rawRequest)
    for (const [, status = '', head = '', body = ''] of text.matchAll(
      /HTTP\/1\.1 (\d+) [^\r]*\r\n(.*?)\r\n\r\n(\{[^\r]*\})?/gs,
    )) {
      expect(Number(status) < 500 || status === '501').toBe(true)
      if (Number(status) < 400) continue
      expect(head.toLowerCase()).toContain('content-type: application/problem+json')
      expect(problem.allows({ $ref: '#/components/schemas/Problem' }, JSON.parse(body))).toBe(true)
    }
  }
  await fc.assert(fc.asyncProperty(bytes, holds), { numRuns: count / 10, seed })
  await until(async () => Object.values(await heldBy(gateway)).every((count) => count === 0), 20)
})
