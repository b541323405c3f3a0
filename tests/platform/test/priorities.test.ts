// Do orders of a high class overtake those that wait in front of a slow payment, without any order
// lost, or a customer's orders out of order?
import { createHmac } from 'node:crypto'
import { decode } from '@orderpipeline/order-events'
import { shopTopics, until } from '@orderpipeline/stage/testing'
import type { TestStage } from '@orderpipeline/stage/testing'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPlatform } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'

const secret = 'a secret of thirty-two bytes, or a few more'
const claims = { iss: 'https://issuer.example', aud: 'orders' }
const weights = [8, 4, 1]
/** Choices of higher classes that the first low order waits for at most. */
const bound = 12
const concurrency = 10

let platform: Platform
let payment: TestStage
/** The orders that payment has begun to charge, in this order. */
const chargeStarts: string[] = []
const gate = Promise.withResolvers<void>()
const classOf = new Map<string, string>()

beforeAll(async () => {
  platform = await startPlatform({
    gateway: {
      ...{ AUTH: '', AUTH_ALGORITHMS: 'HS256', AUTH_SECRET: secret, AUTH_ISSUER: claims.iss },
      ...{ AUTH_AUDIENCE: claims.aud, PRIORITY_CLAIM: 'tier' },
    },
  })
  await platform.behave({ declineRate: 0 })
  for (const stage of ['orders', 'inventory', 'shipping', 'notification'] as const) platform.start(stage)
  payment = platform.start('payment', {
    around: (provider) => ({
      ...provider,
      charge: async (charge, ...rest) => {
        chargeStarts.push(charge.orderId)
        await gate.promise
        return provider.charge(charge, ...rest)
      },
    }),
    overrides: { STAGE_PRIORITY_WEIGHTS: weights, STAGE_CONCURRENCY: concurrency },
  })
}, 300_000)
afterAll(async () => {
  gate.resolve()
  await platform.close()
})

function token(sub: string, tier: string): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const exp = Math.floor(Date.now() / 1_000) + 600
  const input = `${part({ alg: 'HS256' })}.${part({ ...claims, exp, sub, tier })}`
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`
}

async function place(customer: string, tier: string): Promise<string> {
  const response = await fetch(`${platform.gateway.url}/v1/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token(customer, tier)}` },
    // What the body says of a class counts for nothing.
    body: JSON.stringify({ items: [{ sku: 'SKU-0001', quantity: 1 }] }),
  })
  expect(response.status).toBe(202)
  const { orderId } = (await response.json()) as { orderId: string }
  classOf.set(orderId, tier)
  return orderId
}

async function figure(name: string): Promise<number> {
  const line = (await payment.registry.metrics()).split('\n').find((text) => text.startsWith(name))
  return Number(line?.split(' ').at(-1))
}

test('20 high orders overtake 300 low ones in front of payment, and each customer keeps their order', async () => {
  const low = Array.from({ length: 300 }, (_, n) => place(`low-${n % 100}`, 'low'))
  await Promise.all(low)
  await until(async () => (await figure('orderpipeline_stage_in_hand')) === 300, 250)
  expect(chargeStarts).toHaveLength(concurrency)
  const high = await Promise.all(Array.from({ length: 20 }, (_, n) => place(`high-${n}`, 'high')))
  // Its customer has low orders that wait: it comes after them.
  const behind = await place('low-0', 'high')
  await until(async () => (await figure('orderpipeline_stage_in_hand')) === 321, 250)
  expect(await figure('orderpipeline_stage_waiting{class="high"}')).toBe(20)
  expect(await figure('orderpipeline_stage_waiting{class="low"}')).toBe(100 - concurrency)
  expect(chargeStarts).toHaveLength(concurrency)
  gate.resolve()

  const settled = platform.settled()
  await settled
  const places = high.map((orderId) => chargeStarts.indexOf(orderId))
  expect(Math.min(...places)).toBeGreaterThanOrEqual(concurrency)
  expect(Math.max(...places)).toBeLessThan(concurrency + high.length + Math.ceil(high.length / bound))

  const reservations = new Map<string, string[]>()
  for (const { value } of await platform.bench.records('inventory.updated')) {
    const { type, data } = decode(value)
    if (type !== 'StockReserved') continue
    reservations.set(data.customerId, [...(reservations.get(data.customerId) ?? []), data.orderId])
  }
  const starts = new Map(chargeStarts.map((orderId, index) => [orderId, index]))
  for (const orderIds of reservations.values())
    expect(orderIds.map((orderId) => starts.get(orderId) ?? -1)).toEqual(
      orderIds.map((orderId) => starts.get(orderId) ?? -1).sort((a, b) => a - b),
    )
  expect(reservations.get('low-0')?.at(-1)).toBe(behind)
  expect([chargeStarts.length, starts.size]).toEqual([321, 321])
  await platform.expectFlawless([...classOf.keys()])
}, 300_000)

test('every event of an order carries its class, and that of a standard order carries none', async () => {
  const standard = await Promise.all(['standard', 'gold'].map((tier) => place(`other-${tier}`, tier)))
  await platform.settled()
  let eventCount = 0
  for (const topic of shopTopics)
    for (const { value, headers } of await platform.bench.records(topic)) {
      const { orderId } = decode(value).data
      eventCount++
      if (standard.includes(orderId)) expect(headers).not.toHaveProperty('priority')
      else expect(headers.priority).toBe(classOf.get(orderId))
    }
  expect(eventCount).toBeGreaterThan(323 * 5)
})
