// Does an overload of low orders alone leave the higher classes accepted, on a real Kafka: while
// their offsets are behind the low ones that wait, and after a rebalance?
import { eventOf } from '@orderpipeline/order-events'
import type { Priority } from '@orderpipeline/order-events'
import { testOrder, until } from '@orderpipeline/stage/testing'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, issuer, startIssuer } from './tokens.ts'
import type { Issuer } from './tokens.ts'

let on: GatewayTestEnvironment
let keys: Issuer
let gateway: Gateway
beforeAll(async () => {
  on = await gatewayTestEnvironment(['orders.placed', 'inventory.updated', 'payment.dead-letters'])
  keys = await startIssuer()
  gateway = await on.start({
    ...{ AUTH_ALGORITHMS: 'RS256', AUTH_JWKS_URL: keys.jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience },
    ...{ KAFKA_GROUP_PREFIX: on.bench.prefix, QUEUES_CACHE_SECONDS: '0.2', PRIORITY_CLAIM: 'tier' },
    ...{ PROMISE_SECONDS: '10', PROMISE_STAGES: 'payment', PROMISE_PROBE_SECONDS: '3600' },
  })
})
afterAll(async () => {
  publishing.abort()
  ending.resolve()
  await on.close()
  await keys.close()
})

const publishing = new AbortController()
/** Calls for low orders take a second, until the test ends. */
const ending = Promise.withResolvers<void>()
const handledOrders = { high: new Set<string>(), standard: new Set<string>(), low: new Set<string>() }

function startReplica() {
  return on.bench.start(
    'payment',
    ['inventory.updated'],
    {
      role: 'payment',
      handles: ['StockReserved'],
      prepare: async (event) => {
        const { priority = 'standard' } = event
        await (priority === 'low' ? Promise.race([sleep(1_000), ending.promise]) : sleep(10))
        handledOrders[priority].add(event.data.orderId)
      },
      apply: () => Promise.resolve(() => []),
    },
    { STAGE_PRIORITY_WEIGHTS: [8, 4, 1], STAGE_CONCURRENCY: 4 },
  )
}

async function reserve(priority: Priority, customers: readonly string[]): Promise<void> {
  const context = { source: '/test', now: new Date(), priority }
  await on.bench.publish(
    customers.map((customerId) => {
      const { orderId, currency } = testOrder(1, { 'SKU-0001': 1 })
      return eventOf('StockReserved', { orderId, customerId, totalCents: 100, currency }, context)
    }),
  )
}

/** Ten a second, as of a shop that is busy with other things than low orders. */
async function publishOthers(priority: Priority): Promise<void> {
  for (let n = 0; !publishing.signal.aborted; n++) {
    await reserve(priority, [`${priority}-${n % 50}`, `${priority}-${(n + 25) % 50}`])
    await sleep(200)
  }
}

async function statusOf(tier: Priority): Promise<number> {
  const authorization = `Bearer ${await keys.token('customer-1', { tier })}`
  const body = { items: [{ sku: 'SKU-0001', quantity: 1 }] }
  return (await ask(`${gateway.url}/v1/orders`, { body, headers: { authorization } })).status
}

async function lagOfPayment(): Promise<number> {
  const { body } = await ask<{ queues: { name: string; lag: number }[] }>(`${gateway.url}/health/queues`)
  return body.queues.find(({ name }) => name === 'payment')?.lag ?? 0
}

/** For some seconds; `undefined`: all the time. */
async function unexpectedStatuses(): Promise<readonly number[] | undefined> {
  for (let time = 0; time < 12; time++) {
    const statuses = [await statusOf('high'), await statusOf('standard'), await statusOf('low')]
    if (statuses.join() !== '202,202,503') return statuses
    await sleep(250)
  }
  return undefined
}

test('refuses low orders alone while only they wait, also after a rebalance', async () => {
  const first = startReplica()
  await until(() => first.ready() === true)
  await reserve(
    'low',
    Array.from({ length: 400 }, (_, n) => `low-${n}`),
  )
  const others = Promise.all([publishOthers('high'), publishOthers('standard')])
  await until(async () => (await statusOf('low')) === 503)
  // What is done behind the low ones is still in the lag.
  await until(async () => (await lagOfPayment()) > 200 && handledOrders.standard.size > 100)
  expect(await unexpectedStatuses()).toBeUndefined()

  const second = startReplica()
  await until(() => second.ready() === true)
  // Until the new owners are as far again, what is done ahead of the offsets is before each order.
  await until(async () => (await unexpectedStatuses()) === undefined)
  expect(await lagOfPayment()).toBeGreaterThan(200)
  publishing.abort()
  await others
})
