// Does the provider charge once for each key, whatever the caller, the network and its own restarts
// do?
import { randomUUID } from 'node:crypto'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase, until } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { providerConfig, declineReason, startPaymentProvider } from '../src/index.ts'
import type { Behaviour, PaymentProvider } from '../src/index.ts'
import { createDisputes } from '../src/disputes.ts'
import type { Place } from '../src/disputes.ts'

let database: TestDatabase
let provider: PaymentProvider
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
  provider = await startProvider()
})
afterAll(async () => {
  await stopped(provider)
  await database.drop()
})

function startProvider() {
  return startPaymentProvider(
    providerConfig({
      HTTP_PORT: '0',
      METRICS_PORT: '0',
      LISTEN_ADDRESS: '127.0.0.1',
      DATABASE_URL: database.url,
      PROVIDER_LATENCY_MS: '0',
      PROVIDER_JITTER_MS: '0',
    }),
    silentLogger(),
  )
}
async function stopped({ closers }: PaymentProvider): Promise<void> {
  for (const closer of closers) await closer.close()
}
async function behave(behaviour: Partial<Behaviour>): Promise<void> {
  const noFaults: Behaviour = { latencyMs: 0, jitterMs: 0, errorRate: 0, declineRate: 0 }
  const answer = await send('PUT', '/v1/behaviour', { ...noFaults, ...behaviour })
  expect(answer).toMatchObject({ status: 200, body: behaviour })
}

async function send(method: string, path: string, body: unknown, key?: string, url = provider.url) {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { 'content-type': 'application/json', ...(key === undefined ? {} : { 'idempotency-key': key }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return { status: response.status, body: (await response.json()) as Record<string, unknown> }
}
function chargeOf(orderId: string, amountCents = 1_500) {
  return { orderId, customerId: 'customer-1', amountCents, currency: 'EUR' }
}
function charge(orderId: string, key = orderId, amountCents?: number) {
  return send('POST', '/v1/charges', chargeOf(orderId, amountCents), key)
}
async function chargesOf(orderId: string) {
  return (await send('GET', `/v1/charges?orderId=${orderId}`, undefined)).body['charges'] as Record<string, unknown>[]
}

test('a repeat gets the first answer and charges nothing, also after a restart', async () => {
  await behave({})
  const orderId = randomUUID()
  const first = await charge(orderId)
  expect(first).toMatchObject({ status: 201, body: { status: 'captured' } })
  expect(await charge(orderId)).toEqual(first)
  await stopped(provider)
  provider = await startProvider()
  expect(await charge(orderId)).toEqual(first)
  expect(await chargesOf(orderId)).toMatchObject([{ amountCents: 1_500, status: 'captured' }])
  expect((await charge(orderId, orderId, 9_999)).status).toBe(422)
})

test('a repeat during a charge is answered with 409, and the key charges once', async () => {
  // Longer than ten calls take to arrive, on a machine that has other work.
  await behave({ latencyMs: 1_000 })
  await until(async () => {
    const orderId = randomUUID()
    const answers = await Promise.all(Array.from({ length: 10 }, () => charge(orderId)))
    expect(await chargesOf(orderId)).toHaveLength(1)
    const inFlight = answers.filter(({ status }) => status === 409)
    expect(answers.filter(({ status }) => status === 201)).toHaveLength(10 - inFlight.length)
    // Fewer where the machine stood still, so that calls came after the charge.
    return inFlight.length === 9
  })
})

test('two replicas that are called with the same keys at once give the same charges', async () => {
  const other = await startProvider()
  await behave({})
  const orders = Array.from({ length: 30 }, () => randomUUID())
  const atOther = (orderId: string) => send('POST', '/v1/charges', chargeOf(orderId), orderId, other.url)
  try {
    const answers = await Promise.all(orders.map((orderId) => Promise.all([charge(orderId), atOther(orderId)])))
    for (const [here, there] of answers) {
      expect(here).toMatchObject({ status: 201, body: { status: 'captured' } })
      expect(there).toEqual(here)
    }
    for (const orderId of orders) expect(await chargesOf(orderId)).toHaveLength(1)
  } finally {
    await stopped(other)
  }
})

test('charges a caller once that retries through errors', async () => {
  await behave({ errorRate: 0.6 })
  const orders = Array.from({ length: 60 }, () => randomUUID())
  let errors = 0
  const untilCharged = async (orderId: string): Promise<void> => {
    const { status } = await charge(orderId)
    if (status === 201) return
    expect(status).toBe(500)
    errors++
    await untilCharged(orderId)
  }
  await Promise.all(orders.map(untilCharged))
  expect(errors).toBeGreaterThan(10)
  for (const orderId of orders) expect(await chargesOf(orderId)).toHaveLength(1)
})

test('predicts a decline from its key and keeps it', async () => {
  await behave({ declineRate: 0.5 })
  const orders = Array.from({ length: 40 }, () => randomUUID())
  const predictedReasons = orders.map((orderId) => declineReason(orderId, { declineRate: 0.5 }))
  const answers = await Promise.all(orders.map((orderId) => charge(orderId)))
  expect(answers.map(({ body }) => body['reason'])).toEqual(predictedReasons)
  await behave({ declineRate: 0 })
  const again = await Promise.all(orders.map((orderId) => charge(orderId)))
  expect(again).toEqual(answers)
  expect(answers.filter(({ status }) => status === 402)).toHaveLength(predictedReasons.filter(Boolean).length)
})

function refund(chargeId: unknown, key: string) {
  return send('POST', '/v1/refunds', { chargeId }, key)
}
function stop(orderId: string) {
  return send('POST', '/v1/voids', { orderId, customerId: 'customer-1' }, orderId)
}
async function refundsOf(orderId: string) {
  return (await send('GET', `/v1/charges?orderId=${orderId}`, undefined)).body['refunds'] as Record<string, unknown>[]
}

test('refunds a captured charge once, under any keys and through errors', async () => {
  await behave({ errorRate: 0.5 })
  const orderId = randomUUID()
  await expect.poll(async () => (await charge(orderId)).status).toBe(201)
  const { chargeId } = (await chargesOf(orderId))[0] ?? {}
  await expect.poll(async () => (await refund(chargeId, `refund-${orderId}`)).status).toBe(201)
  await behave({})
  const answers = await Promise.all(
    [`refund-${orderId}`, `refund-${orderId}`, 'another'].map((key) => refund(chargeId, key)),
  )
  expect(new Set(answers.map(({ body }) => body['refundId'])).size).toBe(1)
  expect(await refundsOf(orderId)).toMatchObject([{ chargeId, amountCents: 1_500 }])
  expect((await refund(randomUUID(), 'none')).status).toBe(422)
})

function refundPart(chargeId: unknown, amountCents: number, key: string) {
  return send('POST', '/v1/refunds', { chargeId, amountCents }, key)
}

test('refunds parts of a charge once under each key, and never more than was charged', async () => {
  await behave({ errorRate: 0.5 })
  const orderId = randomUUID()
  await expect.poll(async () => (await charge(orderId)).status).toBe(201)
  const { chargeId } = (await chargesOf(orderId))[0] ?? {}
  await expect.poll(async () => (await refundPart(chargeId, 400, 'first')).status).toBe(201)
  await behave({})
  const first = await Promise.all([1, 2, 3].map(() => refundPart(chargeId, 400, 'first')))
  expect(new Set(first.map(({ body }) => body['refundId'])).size).toBe(1)
  expect((await refundPart(chargeId, 500, 'first')).status).toBe(422)
  // Twenty callers want 100 each, and 1,100 are left.
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => refundPart(chargeId, 100, `of-${orderId}-${n}`)),
  )
  expect(answers.filter(({ status }) => status === 201)).toHaveLength(11)
  const sum = (await refundsOf(orderId)).reduce((cents, { amountCents }) => cents + Number(amountCents), 0)
  expect(sum).toBe(1_500)
  expect(await refund(chargeId, `refund-${orderId}`)).toMatchObject({ status: 201, body: { amountCents: 0 } })
  const [since, to] = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)].map((at) => at.toISOString())
  const { body } = await send('GET', `/v1/captures?since=${since}&until=${to}`, undefined)
  const captures = body['charges'] as Record<string, unknown>[]
  expect(captures.find((capture) => capture['chargeId'] === chargeId)).toMatchObject({ refundedCents: 1_500 })
})

test('a whole refund is of what parts have left, and no part follows it', async () => {
  await behave({})
  const orderId = randomUUID()
  const { chargeId } = (await charge(orderId)).body
  expect((await refundPart(chargeId, 600, `part-${orderId}`)).status).toBe(201)
  expect(await refund(chargeId, `refund-${orderId}`)).toMatchObject({ status: 201, body: { amountCents: 900 } })
  expect((await refundPart(chargeId, 1, `late-${orderId}`)).status).toBe(422)
  expect(await refundsOf(orderId)).toMatchObject([{ amountCents: 600 }, { amountCents: 900 }])
})

test('a disputed charge is refunded only for what the bank has not, and again once the shop has won', async () => {
  await behave({})
  const refund = (chargeId: unknown, key: string, amountCents?: number) =>
    send('POST', '/v1/refunds', { chargeId, amountCents }, key)
  const dispute = (fields: object) => send('POST', '/v1/disputes', fields)
  const close = (disputeId: unknown, status: string) => send('PUT', `/v1/disputes/${String(disputeId)}`, { status })
  const since = new Date(Date.now() - 60_000).toISOString()
  const orderId = randomUUID()
  expect((await dispute({ orderId })).status).toBe(422)
  const { chargeId } = (await charge(orderId)).body
  await refund(chargeId, `${orderId}-1`, 500)
  expect((await dispute({ orderId, amountCents: 1_001 })).status).toBe(422)
  const opened = await dispute({ orderId })
  const about = { orderId, chargeId, customerId: 'customer-1', amountCents: 1_000, currency: 'EUR' }
  expect(opened).toMatchObject({ status: 201, body: { ...about, reason: 'fraudulent', status: 'OPEN' } })
  const { disputeId } = opened.body
  expect((await dispute({ orderId, amountCents: 1 })).status).toBe(422)
  expect((await refund(chargeId, `${orderId}-2`, 1)).status).toBe(422)
  expect((await refund(chargeId, `${orderId}-3`)).status).toBe(422)
  expect(await close(disputeId, 'WON')).toMatchObject({ status: 200, body: { ...about, status: 'WON' } })
  expect((await close(disputeId, 'WON')).status).toBe(200)
  expect((await close(disputeId, 'LOST')).status).toBe(409)
  expect((await close(randomUUID(), 'LOST')).status).toBe(404)
  expect(await refund(chargeId, `${orderId}-3`)).toMatchObject({ status: 201, body: { amountCents: 1_000 } })
  const closed = { ...opened.body, status: 'WON' }
  expect((await send('GET', `/v1/disputes/${String(disputeId)}`, undefined)).body).toEqual(closed)
  expect((await send('GET', `/v1/disputes?chargeId=${String(chargeId)}`, undefined)).body).toEqual({
    disputes: [closed],
  })
  const { disputes } = (await send('GET', `/v1/disputes?since=${since}`, undefined)).body
  expect(disputes).toContainEqual(closed)
})

test('the list of changed disputes has all of them, page by page, also those of one moment', async () => {
  const ids: string[] = Array.from({ length: 7 }, () => randomUUID())
  for (const orderId of ids) {
    await charge(orderId)
    await send('POST', '/v1/disputes', { orderId })
  }
  const moment = `UPDATE disputes SET changed_at = '2020-01-02T03:04:05.678901Z'
    WHERE charge_id IN (SELECT charge_id FROM charges WHERE order_id = ANY ($1::uuid[]))`
  await database.ask('payment_provider', moment, [ids.slice(0, 5)])
  const list = createDisputes(database.as('payment_provider'), randomUUID, 2)
  const listedIds: string[] = []
  let after: Place | undefined
  do {
    const page = await list.changedSince(new Date('2019-01-01'), after)
    expect(page.disputes.length).toBeLessThanOrEqual(2)
    listedIds.push(...page.disputes.map(({ orderId }) => orderId))
    after = page.last
  } while (after)
  expect(listedIds.slice(0, 5).toSorted()).toEqual(ids.slice(0, 5).toSorted())
  expect(listedIds.filter((id) => ids.includes(id))).toHaveLength(7)
  expect(new Set(listedIds).size).toBe(listedIds.length)
  const [first] = await database.ask<{ id: string }>(
    'payment_provider',
    'SELECT dispute_id AS id FROM disputes ORDER BY changed_at, dispute_id LIMIT 1',
  )
  const path = `/v1/disputes?since=2019-01-01T00:00:00Z&after=1577934245678901_${first?.id}`
  const { disputes } = (await send('GET', path, undefined)).body as { disputes: unknown[] }
  expect(disputes).toHaveLength(listedIds.length - 1)
  expect((await send('GET', `${path}x`, undefined)).status).toBe(400)
})

test('what a lost dispute has left of a charge can be refunded as a part, and the rest not', async () => {
  const orderId = randomUUID()
  const { chargeId } = (await charge(orderId)).body
  const opened = await send('POST', '/v1/disputes', { orderId, amountCents: 600, reason: 'product_not_received' })
  await send('PUT', `/v1/disputes/${String(opened.body['disputeId'])}`, { status: 'LOST' })
  const refund = (key: string, amountCents?: number) =>
    send('POST', '/v1/refunds', { chargeId, amountCents }, `${orderId}-${key}`)
  expect((await refund('whole')).status).toBe(422)
  expect((await refund('more', 901)).status).toBe(422)
  expect(await refund('rest', 900)).toMatchObject({ status: 201, body: { amountCents: 900 } })
})

test('a charge stopped in flight charges nothing, then or later', async () => {
  await behave({ latencyMs: 300 })
  await until(async () => {
    const orderId = randomUUID()
    const underWay = charge(orderId)
    const answer = await stop(orderId)
    // It came too late where the machine stood still in between.
    if (answer.body['status'] === 'captured') return false
    expect(answer).toMatchObject({ status: 200, body: { status: 'voided' } })
    expect(await underWay).toMatchObject({ status: 402, body: { status: 'declined', reason: 'voided' } })
    expect(await charge(orderId)).toMatchObject({ status: 402 })
    expect(await chargesOf(orderId)).toMatchObject([{ status: 'voided', amountCents: 0 }])
    return true
  })
})

test('stopping a finished charge names the amount to refund', async () => {
  await behave({})
  const orderId = randomUUID()
  const { body } = await charge(orderId)
  expect(await stop(orderId)).toEqual({ status: 200, body: { status: 'captured', chargeId: body['chargeId'] } })
})

test('hundreds of calls wait in one process, and the ledger has their charges', async () => {
  await behave({ latencyMs: 500, jitterMs: 100 })
  const orders = Array.from({ length: 500 }, () => randomUUID())
  const answers = await Promise.all(orders.map((orderId) => charge(orderId)))
  expect(answers.every(({ status }) => status === 201)).toBe(true)
  const [ledger] = await database.ask<{ count: number }>(
    'payment_provider',
    'SELECT count(*) FROM charges WHERE order_id = ANY ($1)',
    [orders],
  )
  expect(ledger?.count).toBe(500)
})

test('reads a body without a content type as JSON, as kubectl replace --raw sends it', async () => {
  const body = new TextEncoder().encode(JSON.stringify({ latencyMs: 3 }))
  const response = await fetch(`${provider.url}/v1/behaviour`, { method: 'PUT', body })
  expect(await response.json()).toMatchObject({ latencyMs: 3 })
})

test('answers wrong requests with the allowed values', async () => {
  await behave({})
  const answer = await send('POST', '/v1/charges', { orderId: 'x', amountCents: -1 }, 'key')
  expect(answer).toMatchObject({
    status: 400,
    body: {
      problems: [{ path: 'orderId' }, { path: 'customerId' }, { path: 'amountCents' }, { path: 'currency' }],
    },
  })
  expect((await send('POST', '/v1/charges', {})).body).toMatchObject({ problems: [{ path: 'idempotency-key' }] })
  expect((await send('PUT', '/v1/behaviour', { errorRate: 2 })).status).toBe(400)
})

test('listens on the address of LISTEN_ADDRESS alone', async () => {
  for (const url of [provider.url, provider.metricsUrl]) {
    const { port } = new URL(url)
    await expect(fetch(`http://127.0.0.1:${port}/metrics`)).resolves.toBeDefined()
    await expect(fetch(`http://127.0.0.2:${port}/metrics`)).rejects.toThrow('fetch failed')
  }
})
