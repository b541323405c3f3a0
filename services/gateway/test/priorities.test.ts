// Is the class of an order that of its customer's token, or else of its amount, whatever its body
// says; and does the order show it, and its event carry it?
import { until } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../src/index.ts'
import { ask, gatewayTestEnvironment } from './test-environment.ts'
import type { GatewayTestEnvironment } from './test-environment.ts'
import { audience, issuer, startIssuer } from './tokens.ts'
import type { Issuer } from './tokens.ts'

// Started for this file: postgresUrl, kafkaBootstrap.
let on: GatewayTestEnvironment
let keys: Issuer
let gateway: Gateway
let unitPrice: number

beforeAll(async () => {
  on = await gatewayTestEnvironment()
  keys = await startIssuer()
  const [row] = await on.database.ask<{ cents: number }>(
    'orders',
    `SELECT price_cents::int AS cents FROM prices WHERE sku = 'SKU-0001' AND currency = 'EUR'`,
  )
  unitPrice = row?.cents ?? Number.NaN
  gateway = await on.start({
    ...{ AUTH_ALGORITHMS: 'RS256', AUTH_JWKS_URL: keys.jwksUrl, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience },
    ...{ PRIORITY_CLAIM: 'tier', PRIORITY_HIGH_FROM: `EUR=${3 * unitPrice}` },
  })
})
afterAll(async () => {
  await on.close()
  await keys.close()
})

interface Wish {
  readonly tier?: unknown
  readonly quantity?: number
  readonly key?: string
  readonly body?: object
}

async function place({ tier, quantity = 1, key, body = {} }: Wish) {
  const authorization = `Bearer ${await keys.token('customer-1', tier === undefined ? {} : { tier })}`
  const answer = await ask<{ orderId: string }>(`${gateway.url}/v1/orders`, {
    body: { items: [{ sku: 'SKU-0001', quantity }], ...body },
    headers: { authorization, ...(key === undefined ? {} : { 'idempotency-key': key }) },
  })
  const { orderId } = answer.body
  const view = await ask<{ priority?: string }>(`${gateway.url}/v1/orders/${orderId}`, { headers: { authorization } })
  return { status: answer.status, orderId, priority: view.body.priority }
}

async function headersOf(orderId: string) {
  const find = async () =>
    (await on.bench.records('orders.placed')).find(({ value }) => value?.toString().includes(orderId))
  await until(async () => (await find()) !== undefined)
  return (await find())?.headers ?? {}
}

test.each([
  ['the claim says high', { tier: 'high' }, 'high'],
  ['the claim says low, whatever it costs', { tier: 'low', quantity: 9 }, 'low'],
  ['the claim says standard, whatever it costs', { tier: 'standard', quantity: 9 }, undefined],
  ['the claim names no class', { tier: 'platinum', quantity: 9 }, undefined],
  ['no claim, and the amount is reached', { quantity: 3 }, 'high'],
  ['no claim, and the amount is not reached', { quantity: 2 }, undefined],
])('%s', async (_, wish, priority) => {
  const order = await place(wish)
  expect(order).toMatchObject({ status: 202, priority })
  expect((await headersOf(order.orderId)).priority).toBe(priority)
})

test('the body of an order cannot name its class', async () => {
  expect(await place({ body: { priority: 'high' } })).toMatchObject({ status: 400 })
})

test('a repeat has the class of the first, whatever its token says by then', async () => {
  const first = await place({ tier: 'high', key: 'repeated' })
  const again = await place({ tier: 'low', key: 'repeated' })
  expect(again).toEqual(first)
  expect(first.priority).toBe('high')
})
