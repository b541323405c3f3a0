// Is no customer served more than their share, by however many gateways, with Redis and without?
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inProcessHost, persistedPorts, startRedis } from '@orderpipeline/cluster/testing'
import { until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, forged, issuer } from './tokens.ts'

let on: GatewayTestEnvironment
let dir: string
let redis: { readonly url: string; start(): Promise<unknown>; kill(): Promise<unknown>; close(): Promise<void> }
beforeAll(async () => {
  on = await gatewayTestEnvironment()
  dir = await mkdtemp(join(tmpdir(), 'orderpipeline-limits-'))
  await chmod(dir, 0o711)
  const host = inProcessHost(join(dir, 'processes'))
  const port = await persistedPorts(join(dir, 'ports.json')).port('redis')
  const start = () => startRedis(host, { dir: join(dir, 'redis'), port })
  const { url } = await start()
  redis = { url, start, kill: () => host.stop('redis', { signal: 'SIGKILL' }), close: () => host.close() }
})
afterAll(async () => {
  await on.close()
  await redis.close()
  await rm(dir, { recursive: true, force: true })
})

function order(customerId: string) {
  return { customerId, items: [{ sku: 'SKU-0001', quantity: 1 }] }
}
function place(gateway: Gateway, customerId: string, headers: Record<string, string> = {}) {
  return ask(`${gateway.url}/v1/orders`, { body: order(customerId), headers })
}
/** How many of so many orders are taken, sent to the gateways in turn. */
async function acceptedCount(gateways: readonly Gateway[], count: number, customer: string): Promise<number> {
  let accepted = 0
  for (let n = 0; n < count; n++) {
    const gateway = gateways[n % gateways.length]
    if (gateway && (await place(gateway, customer)).status === 202) accepted++
  }
  return accepted
}
async function countsTogether(gateway: Gateway): Promise<boolean> {
  const metrics = await (await fetch(`${gateway.metricsUrl}/metrics`)).text()
  return /^gateway_rate_limit_shared 1$/m.test(metrics)
}
async function pair(env: Record<string, string>) {
  const gateways = [await on.start(env), await on.start(env)]
  if (env['REDIS_URL'] !== undefined) for (const gateway of gateways) await until(() => countsTogether(gateway))
  return gateways
}
/** A machine that is busy may take longer for an answer than a gateway would wait. */
const perCustomer = { RATE_LIMIT_PER_CUSTOMER: '100', RATE_LIMIT_WINDOW_SECONDS: '3600', REDIS_TIMEOUT_SECONDS: '10' }

test('all gateways count one customer together and do not limit the others', async () => {
  const gateways = await pair({ ...perCustomer, REDIS_URL: redis.url, ORDERPIPELINE_PIPELINE: 'together' })
  expect(await acceptedCount(gateways, 110, 'busy')).toBe(100)
  const [gateway] = gateways as [Gateway, Gateway]
  const refusal = await place(gateway, 'busy')
  expect(refusal).toMatchObject({ status: 429, body: { title: 'Too Many Requests' } })
  expect(Number(refusal.headers.get('retry-after'))).toBeGreaterThan(3_000)
  expect((await place(gateway, 'quiet')).status).toBe(202)
})

test('counts each order of a batch against the limit', async () => {
  const [gateway] = (await pair(perCustomer)) as [Gateway, Gateway]
  const batch = (count: number) =>
    ask(`${gateway.url}/v1/orders/batch`, { body: { orders: Array.from({ length: count }, () => order('batches')) } })
  expect((await batch(60)).status).toBe(207)
  expect((await batch(41)).status).toBe(429)
})

test('each gateway counts alone without Redis, and with the others once it is back', async () => {
  const gateways = await pair({ ...perCustomer, REDIS_URL: redis.url, ORDERPIPELINE_PIPELINE: 'away' })
  await redis.kill()
  expect(await acceptedCount(gateways, 220, 'without')).toBe(200)
  await redis.start()
  for (const gateway of gateways) await until(() => countsTogether(gateway))
  expect(await acceptedCount(gateways, 110, 'with')).toBe(100)
})

test('a gateway that starts without Redis accepts orders', async () => {
  const gateway = await on.start({ ...perCustomer, REDIS_URL: 'redis://127.0.0.1:1' })
  expect((await place(gateway, 'early')).status).toBe(202)
})

test('counts an address from the trusted proxy before it verifies the token', async () => {
  const gateway = await on.start({
    RATE_LIMIT_PER_ADDRESS: '5',
    RATE_LIMIT_WINDOW_SECONDS: '3600',
    HTTP_TRUSTED_PROXIES: '127.0.0.1/32',
    AUTH_ALGORITHMS: 'HS256',
    AUTH_SECRET: 'a-secret-that-is-long-enough-to-be-one',
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: audience,
  })
  const bad = { authorization: `Bearer ${forged({ alg: 'none' }, 'x')}` }
  const statuses: number[] = []
  for (let n = 0; n < 7; n++)
    statuses.push((await place(gateway, 'x', { ...bad, 'x-forwarded-for': `2001:db8::${n}` })).status)
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429])
  expect((await place(gateway, 'x', { ...bad, 'x-forwarded-for': '192.0.2.1' })).status).toBe(401)
})

test('ignores the address that an untrusted caller claims', async () => {
  const gateway = await on.start({ RATE_LIMIT_PER_ADDRESS: '2', RATE_LIMIT_WINDOW_SECONDS: '3600' })
  const statuses: number[] = []
  for (let n = 0; n < 3; n++) statuses.push((await place(gateway, 'x', { 'x-forwarded-for': `192.0.2.${n}` })).status)
  expect(statuses).toEqual([202, 202, 429])
})
