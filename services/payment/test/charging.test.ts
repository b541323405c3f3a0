// Is every reserved order charged exactly once, through failures, dead letters and the end of a
// replica?
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { cancelledEvent, reservedEvent, stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase } from '@orderpipeline/stage/testing'
import { paymentStage } from '../src/definition.ts'
import { ProviderError } from '../src/provider/provider.ts'
import type { Charge, ChargeOutcome, Provider } from '../src/provider/provider.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
afterAll(() => database.drop())

function newBench() {
  return stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: ['inventory.updated', 'payment.processed', 'payment.dead-letters'],
  })
}
function start(bench: Bench, provider: Provider, concurrency = 10) {
  return bench.start('payment', ['inventory.updated'], paymentStage(provider, { now: () => new Date() }), {
    STAGE_CONCURRENCY: concurrency,
  })
}
function untilDrained(bench: Bench) {
  return until(async () => (await bench.lag('payment', 'inventory.updated')) === 0)
}

/**
 * A provider in this process: called through our own port, so that each test can make it fail as it
 * likes.
 */
function providerOf(charge: (charge: Charge) => Promise<ChargeOutcome>) {
  const requests: string[] = []
  const state = { active: 0, most: 0 }
  const provider: Provider = {
    stop: () => Promise.resolve({ status: 'voided' }),
    find: () => Promise.resolve(undefined),
    findRefund: () => Promise.resolve(undefined),
    refund: () => Promise.reject(new Error('nothing here is given back')),
    charge: async (request) => {
      requests.push(request.orderId)
      state.most = Math.max(state.most, ++state.active)
      return charge(request).finally(() => state.active--)
    },
  }
  return { provider, requests, state }
}
function captured(orderId: string): ChargeOutcome {
  return { status: 'captured', chargeId: `ch-${orderId}` }
}

test('stores and reports outcomes, within the allowed parallel calls', async () => {
  const bench = await newBench()
  const orders = Array.from({ length: 30 }, (_, n) => testOrder(n, { 'SKU-0001': 1 }))
  const declinedIds = new Set(orders.slice(0, 5).map(({ orderId }) => orderId))
  const { provider, requests, state } = providerOf(async ({ orderId }) => {
    await sleep(20)
    return declinedIds.has(orderId) ? { status: 'declined', reason: 'insufficient_funds' } : captured(orderId)
  })
  const replica = start(bench, provider, 4)
  await bench.publish(orders.map(reservedEvent))
  await untilDrained(bench)
  await replica.drain()
  expect(requests).toHaveLength(30)
  expect(state.most).toBe(4)
  const events = await bench.events('payment.processed')
  expect(events.filter(({ type }) => type === 'PaymentCaptured')).toHaveLength(25)
  expect(
    events.filter(({ type }) => type === 'PaymentDeclined').every(({ data }) => declinedIds.has(data.orderId)),
  ).toBe(true)
  const rows = await database.ask<{ status: string; count: number }>(
    'payment',
    'SELECT status, count(*) FROM payments WHERE order_id = ANY ($1) GROUP BY 1 ORDER BY 1',
    [orders.map(({ orderId }) => orderId)],
  )
  expect(rows).toEqual([
    { status: 'CAPTURED', count: 25 },
    { status: 'DECLINED', count: 5 },
  ])
  await bench.close()
})

test('retries failures, gives up refusals and persistent ones, waits for outages', async () => {
  const bench = await newBench()
  const [failsOnce, alwaysFails, refused, away, busy] = [1, 2, 3, 4, 5].map((n) => testOrder(n, { 'SKU-0001': 1 }))
  const failures = new Map<string, number>()
  const { provider } = providerOf(({ orderId }) => {
    const failureCount = failures.get(orderId) ?? 0
    failures.set(orderId, failureCount + 1)
    if (orderId === refused?.orderId) return Promise.reject(new ProviderError('Refused', 'answered 422'))
    if (orderId === alwaysFails?.orderId) return Promise.reject(new ProviderError('Failing', 'answered 500'))
    if (orderId === failsOnce?.orderId && failureCount < 1)
      return Promise.reject(new ProviderError('Failing', 'answered 500'))
    if (orderId === away?.orderId && failureCount < 4)
      return Promise.reject(new ProviderError('Unreachable', 'ECONNREFUSED'))
    if (orderId === busy?.orderId && failureCount < 4) return Promise.reject(new ProviderError('Busy', 'answered 503'))
    return Promise.resolve(captured(orderId))
  })
  const replica = start(bench, provider)
  await bench.publish(
    [failsOnce, alwaysFails, refused, away, busy].flatMap((order) => (order ? [reservedEvent(order)] : [])),
  )
  await untilDrained(bench)
  await replica.drain()
  const paidIds = (await bench.events('payment.processed')).map(({ data }) => data.orderId)
  expect(paidIds.sort()).toEqual([failsOnce?.orderId, away?.orderId, busy?.orderId].sort())
  const deadLetters = await bench.records('payment.dead-letters')
  const reasons = deadLetters.map(
    ({ headers }) => `${headers['dead-letter-reason']} after ${headers['dead-letter-attempts']}`,
  )
  expect(reasons.sort()).toEqual(['Failing after 3', 'Refused after 1'])
  await bench.close()
})

test('a stopping replica finishes its calls and leaves the rest to the next one', async () => {
  const bench = await newBench()
  const orders = Array.from({ length: 40 }, (_, n) => testOrder(n, { 'SKU-0001': 1 }))
  const { provider, requests } = providerOf(async ({ orderId }) => {
    await sleep(300)
    return captured(orderId)
  })
  await bench.publish(orders.map(reservedEvent))
  const first = start(bench, provider, 4)
  await until(() => requests.length >= 8)
  await first.drain()
  const byFirst = requests.length
  expect(byFirst).toBeLessThan(40)
  const second = start(bench, provider, 20)
  await untilDrained(bench)
  await second.drain()
  expect(requests).toHaveLength(40)
  expect(new Set(requests).size).toBe(40)
  expect(await bench.events('payment.processed')).toHaveLength(40)
  await bench.close()
})

test('an order of 0 is paid and refunded without a call to the provider', async () => {
  const bench = await stageBench({
    kafkaBootstrap: kafkaBootstrap(),
    databaseUrl: database.url,
    topics: ['inventory.updated', 'orders.cancelled', 'payment.processed', 'payment.dead-letters'],
  })
  const order = testOrder(1, { 'SKU-0001': 1 })
  const { provider, requests } = providerOf(() => Promise.reject(new ProviderError('Refused', 'amount_too_small')))
  const stage = paymentStage(provider, { now: () => new Date() })
  const replica = bench.start('payment', ['inventory.updated', 'orders.cancelled'], stage)
  const reserved = reservedEvent(order)
  await bench.publish([{ ...reserved, data: { ...reserved.data, totalCents: 0 } }])
  await untilDrained(bench)
  await bench.publish([cancelledEvent(order)])
  await until(async () => (await bench.events('payment.processed')).length > 1)
  await replica.drain()
  expect((await bench.events('payment.processed')).map(({ type, data }) => ({ type, data }))).toMatchObject([
    { type: 'PaymentCaptured', data: { orderId: order.orderId, totalCents: 0 } },
    { type: 'PaymentRefunded', data: { orderId: order.orderId, totalCents: 0, currency: order.currency } },
  ])
  expect(requests).toEqual([])
  expect(await bench.records('payment.dead-letters')).toEqual([])
  await bench.close()
})
