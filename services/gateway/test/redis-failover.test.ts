// Are requests counted by all gateways together again after a failover of Redis, when its address
// leads to another server while their connections are to the former primary: a replica now, or a
// machine that says nothing any more?
import { Redis } from 'ioredis'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually } from '@orderpipeline/retry/testing'
import { startFaultyLink } from '@orderpipeline/test-support/faulty-link'
import type { FaultyLink } from '@orderpipeline/test-support/faulty-link'
import type { Gateway } from '../src/index.ts'
import { ownRedis } from '@orderpipeline/test-support/own-redis'
import type { OwnRedis } from '@orderpipeline/test-support/own-redis'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'

let on: GatewayTestEnvironment
let former: OwnRedis
let next: OwnRedis
let formerClient: Redis
let nextClient: Redis
/** What the address of Redis leads to, for connections that are opened from now on. */
let target: { host: string; port: number }
let address: FaultyLink
/** To the former primary's machine. */
let machine: FaultyLink
let gateways: readonly [Gateway, Gateway]

function portOf(redis: OwnRedis): number {
  return Number(new URL(redis.url).port)
}

beforeEach(async () => {
  on = await gatewayTestEnvironment()
  ;[former, next] = [await ownRedis(), await ownRedis()]
  ;[formerClient, nextClient] = [new Redis(former.url), new Redis(next.url)]
  machine = await startFaultyLink({ host: '127.0.0.1', port: portOf(former) })
  target = { host: '127.0.0.1', port: machine.port }
  address = await startFaultyLink(target)
  const env = {
    REDIS_URL: `redis://127.0.0.1:${address.port}`,
    REDIS_TIMEOUT_SECONDS: '1',
    RATE_LIMIT_PER_CUSTOMER: '100',
    RATE_LIMIT_WINDOW_SECONDS: '3600',
  }
  gateways = [await on.start(env), await on.start(env)]
  await eventually('counted together', async () => (await bothSay('1')) && (await acceptedCount('before', 4)) === 4)
}, 300_000)
afterEach(async () => {
  await on.close()
  for (const client of [formerClient, nextClient]) client.disconnect()
  await address.close()
  await machine.restore()
  await machine.close()
  await former.close()
  await next.close()
})

async function acceptedCount(customerId: string, orders: number): Promise<number> {
  let accepted = 0
  for (let n = 0; n < orders; n++) {
    const body = { customerId, items: [{ sku: 'SKU-0001', quantity: 1 }] }
    const { status } = await ask(`${gateways[n % 2 === 0 ? 0 : 1].url}/v1/orders`, { body })
    if (status === 202) accepted++
    else expect(status).toBe(429)
  }
  return accepted
}
async function bothSay(shared: '0' | '1'): Promise<boolean> {
  const metrics = gateways.map(async ({ metricsUrl }) => (await fetch(`${metricsUrl}/metrics`)).text())
  return (await Promise.all(metrics)).every((text) => text.includes(`\ngateway_rate_limit_shared ${shared}\n`))
}
async function gatewaysAt(redis: Redis): Promise<number> {
  return String(await redis.client('LIST'))
    .split('\n')
    .filter((line) => line.includes('name=gateway')).length
}
/** Requests of other customers meanwhile: without traffic the gateways would not notice. */
let others = 0
async function takenOfOthers(): Promise<boolean> {
  return (await acceptedCount(`other-${others++}`, 2)) === 2
}
/**
 * Where Redis or the machine stands still for a second, each gateway counts alone for a moment, and
 * more orders are accepted: of another customer not.
 */
async function limitsTogether(): Promise<boolean> {
  return (await acceptedCount(`after-${others++}`, 110)) === 100
}
async function atNext(): Promise<boolean> {
  expect(await takenOfOthers()).toBe(true)
  return (await gatewaysAt(nextClient)) === 2
}

test('the former primary is a replica: gateways leave it and count at the next one', { timeout: 300_000 }, async () => {
  await formerClient.replicaof('127.0.0.1', portOf(next))
  expect(await acceptedCount('alone', 4)).toBe(4)
  // Redis is reached again and again, and never used for a common count: the metric must not say
  // otherwise in between.
  for (let n = 0; n < 20; n++) {
    await acceptedCount('alone', 2)
    expect(await bothSay('0')).toBe(true)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  target.port = portOf(next)
  await eventually('connected to the next primary', atNext)
  await eventually('counted together', async () => (await takenOfOthers()) && (await bothSay('1')))
  await eventually('the limit of both together', limitsTogether)
})

test('the former primary is silent: gateways leave it and count at the next one', { timeout: 300_000 }, async () => {
  machine.hang()
  target.port = portOf(next)
  await eventually('connected to the next primary', atNext)
  await eventually('counted together', async () => (await takenOfOthers()) && (await bothSay('1')))
  await eventually('the limit of both together', limitsTogether)
})
