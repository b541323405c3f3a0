// Does every order reach its one end, paid once, with one mail for each status, although the
// payment provider or the mail server is unavailable, slow, or silent while it is under way?
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { until } from '@orderpipeline/stage/testing'
import { endurance } from '../src/endurance.ts'
import type { Endurance } from '../src/endurance.ts'
import { startPlatform } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'

let platform: Platform
let orders: Endurance
beforeAll(async () => {
  platform = await startPlatform()
  platform.startAll()
  orders = endurance(platform)
}, 300_000)
afterAll(() => platform.close(), 120_000)

async function orderView(orderId: string): Promise<{ status: string }> {
  return (await (await fetch(`${platform.gateway.url}/v1/orders/${orderId}`)).json()) as { status: string }
}
function charges(outcome: string) {
  return platform.providerCalls(new RegExp(`^payment_provider_calls_total.*call="charge",outcome="${outcome}"`))
}

/**
 * Until the payment stage has noticed and stops its calls, an order accepted meanwhile waits, and a
 * while longer.
 */
async function expectWaitedFor(): Promise<void> {
  await until(() => platform.breakerOpen(), 20)
  const { orderId, before } = await orders.place()
  expect(before).toEqual([])
  await until(async () => (await orderView(orderId)).status === 'PROCESSING')
  await sleep(4_000)
  expect((await orderView(orderId)).status).toBe('PROCESSING')
}

test('the provider is away: payment waits without calling it all the time', async () => {
  await orders.through(async () => {
    await platform.links.provider.down()
    await expectWaitedFor()
    await platform.links.provider.restore()
  })
}, 300_000)

test('the provider is silent: payment waits and repeats no finished charge', async () => {
  await orders.through(async () => {
    platform.links.provider.hang()
    await expectWaitedFor()
    await platform.links.provider.restore()
  })
}, 300_000)

test('a provider slower than the time-out charges once, and says so on the retry', async () => {
  await orders.through(async () => {
    await platform.behave({ latencyMs: 2_500 })
    const [inFlight, captured] = [await charges('InFlight'), await charges('captured')]
    await until(async () => (await charges('InFlight')) > inFlight)
    await until(async () => (await charges('captured')) > captured)
    await platform.behave({ latencyMs: 20 })
  })
}, 300_000)

function waiting(orderId: string) {
  return platform.database.ask<{ attempts: number }>(
    'notification',
    'SELECT attempts FROM mails WHERE message_id LIKE $1',
    [`<${orderId}.%`],
  )
}

/**
 * Orders do not wait for mails, mails wait for their server, and no attempt counts against them.
 */
async function expectShippedWithoutMail(): Promise<void> {
  const { orderId } = await orders.place()
  await until(async () => ['SHIPPED', 'CANCELLED'].includes((await orderView(orderId)).status))
  await until(async () => (await waiting(orderId)).length > 0)
  await sleep(4_000)
  expect(platform.mails.received.filter(({ messageId }) => messageId.includes(orderId))).toEqual([])
  expect((await waiting(orderId)).filter(({ attempts }) => attempts > 0)).toEqual([])
}

test('the mail server is away: orders go on, and mails are sent later', async () => {
  await orders.through(async () => {
    await platform.links.smtp.down()
    await expectShippedWithoutMail()
    await platform.links.smtp.restore()
  })
}, 300_000)

test('the mail server is silent: orders go on, and mails are sent later', async () => {
  await orders.through(async () => {
    platform.links.smtp.hang()
    // Connections from before end by their time-out; a mail that begins on one may be its own
    // fault.
    await sleep(2_500)
    await expectShippedWithoutMail()
    await platform.links.smtp.restore()
  })
}, 300_000)

test('the mail server is slow: orders and mails go on', async () => {
  await orders.through(async () => {
    platform.links.smtp.slow(100)
    await orders.place()
    await sleep(4_000)
    await platform.links.smtp.restore()
  })
}, 300_000)
