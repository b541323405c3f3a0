// Does a number get messages only after its owner has posted a code back, is the code hard to guess
// and to abuse, and do the numbers of a running shop stay in use?
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import { silentLogger } from '@orderpipeline/process'
import { createStore } from '@orderpipeline/stage'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createSmsPort } from '../src/channels/sms.ts'
import { notificationStage } from '../src/definition.ts'
import { channels } from '../src/lanes.ts'
import type { Lane } from '../src/lanes.ts'
import { oldCodesTask } from '../src/old-codes.ts'
import { confirmByCode, preferencesOf, requestCode, savePreferencesOf } from '../src/preferences/index.ts'
import { codesADay, codesOfOthersADay, triesOfCode } from '../src/preferences/code-limits.ts'
import { sendDue } from '../src/sender.ts'
import type { SenderOptions } from '../src/sender.ts'
import { startSmsServer } from './sms-server.ts'
import type { SmsServer } from './sms-server.ts'

let database: TestDatabase
let provider: SmsServer
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
beforeEach(async () => {
  await database.ask('notification', 'TRUNCATE mails, preferences CASCADE')
  provider = await startSmsServer()
})
afterEach(() => provider.close())
afterAll(() => database.drop())

const phone = '+4915112345678'
function pool() {
  return database.as('notification')
}
function save(customerId: string, number: string | undefined = phone) {
  return savePreferencesOf(pool(), customerId, { phone: number }, ['sms-order'])
}
const addressing = { domain: 'shop.example', to: '{customerId}@customers.example' }
const enabled = new Set(channels)
const { apply } = notificationStage({ logger: silentLogger() }, { addressing, channels: enabled, periodicTasks: [] })
async function ship(customerId: string): Promise<void> {
  const data = { orderId: randomUUID(), customerId, status: 'SHIPPED' as const }
  const event = eventOf('OrderStatusChanged', data, { source: '/test', now: new Date(0) }, 'SHIPPED')
  await createStore(pool(), { prefix: '', keyedByOrder: [] }, apply).effect([{ event, prepared: undefined }], [])
}
function request(customerId: string, codesPerHour = 500) {
  return requestCode(pool(), customerId, codesPerHour)
}
function send(lane: Lane, overrides: Partial<SenderOptions> = {}): Promise<number> {
  const mailer = createSmsPort({ ...provider, from: 'Shop', timeoutMs: 30_000 })
  const options: SenderOptions = {
    ...{ mailer, attempts: 1, keepSeconds: 600, leaseSeconds: 60, onFailure: () => undefined },
    ...overrides,
  }
  return sendDue(pool(), lane, options)
}
/** The codes that have arrived, the latest last. */
function codesAt(number = phone): readonly string[] {
  return provider.queued.flatMap(({ to, body }) => (to === number ? (/^(\d{6}) is/.exec(body)?.slice(1) ?? []) : []))
}
function otherThan(code: string): string {
  return String((Number(code) + 1) % 1_000_000).padStart(6, '0')
}
async function requestAndSend(customerId: string): Promise<string> {
  expect(await request(customerId)).toMatchObject({ kind: 'queued' })
  await send('sms-code')
  return codesAt().at(-1) ?? ''
}
async function removeOld(atOnce: number): Promise<void> {
  const tools = { database: pool(), stopping: new AbortController().signal }
  await oldCodesTask(3_600, atOnce).run({ ...tools, publish: () => Promise.resolve(), keyedByOrder: () => false })
}
function later(seconds: number) {
  return database.ask(
    'notification',
    `UPDATE phone_codes SET requested_at = requested_at - make_interval(secs => $1),
       expires_at = expires_at - make_interval(secs => $1)`,
    [seconds],
  )
}

test('a number gets messages about orders only after its code was posted back', async () => {
  await save('ada')
  await ship('ada')
  expect(await send('sms-order')).toBe(0)
  expect(await preferencesOf(pool(), 'ada')).toMatchObject({ phone, confirmed: false })
  const code = await requestAndSend('ada')
  expect(await confirmByCode(pool(), 'ada', code)).toEqual({ kind: 'confirmed' })
  expect(await preferencesOf(pool(), 'ada')).toMatchObject({ phone, confirmed: true })
  await ship('ada')
  await send('sms-order')
  expect(provider.queued.map(({ to }) => to)).toEqual([phone, phone])
  expect(await request('ada')).toEqual({ kind: 'confirmed', phone })
})

test('a message that waits is not sent to a number that was changed meanwhile', async () => {
  await save('ada')
  await confirmByCode(pool(), 'ada', await requestAndSend('ada'))
  await ship('ada')
  // As a gateway of the previous version has it.
  await database.ask('notification', `UPDATE preferences SET phone = '+4915100000666'`)
  await send('sms-order')
  expect(provider.queued.map(({ to }) => to)).toEqual([phone])
  await save('ada')
  await save('ada', '+4915100000666')
  await save('ada')
  expect(await preferencesOf(pool(), 'ada')).toMatchObject({ confirmed: false })
})

test('neither the queue nor the tables have the code itself', async () => {
  await save('ada')
  await request('ada')
  provider.faults.push(503)
  await send('sms-code', { keepSeconds: 0 })
  const rows = await database.ask('notification', 'SELECT body, failed_at IS NOT NULL AS failed FROM mails')
  expect(rows).toEqual([{ body: '', failed: true }])
  await later(60)
  const code = await requestAndSend('ada')
  const codes = await database.ask<{ text: string }>(
    'notification',
    'SELECT phone_codes::text AS text FROM phone_codes',
  )
  expect(codes).toHaveLength(2)
  expect(codes.some(({ text }) => text.replace(phone, '').includes(code))).toBe(false)
})

test('a code is tried five times, also by guesses at the same time, and ends after ten minutes', async () => {
  await save('ada')
  const code = await requestAndSend('ada')
  const guesses = await Promise.all(
    Array.from({ length: triesOfCode + 3 }, () => confirmByCode(pool(), 'ada', otherThan(code))),
  )
  expect(guesses.filter(({ kind }) => kind === 'wrong')).toHaveLength(triesOfCode)
  expect(await confirmByCode(pool(), 'ada', code)).toEqual({ kind: 'no code' })
  await later(60)
  const second = await requestAndSend('ada')
  await later(601)
  expect(await confirmByCode(pool(), 'ada', second)).toEqual({ kind: 'no code' })
  const third = await requestAndSend('ada')
  expect(await confirmByCode(pool(), 'ada', otherThan(third))).toEqual({ kind: 'wrong', triesLeft: 4 })
  expect(await confirmByCode(pool(), 'ada', third)).toEqual({ kind: 'confirmed' })
})

test('a code is of one customer and one number, and the latest counts', async () => {
  await save('ada')
  await save('bob', '+4915100000002')
  const first = await requestAndSend('ada')
  expect(await confirmByCode(pool(), 'bob', first)).toEqual({ kind: 'no code' })
  await later(60)
  const second = await requestAndSend('ada')
  if (first !== second) expect(await confirmByCode(pool(), 'ada', first)).toMatchObject({ kind: 'wrong' })
  await save('ada', '+4915100000003')
  expect(await confirmByCode(pool(), 'ada', second)).toEqual({ kind: 'no code' })
})

test('a customer confirms their number though others have had codes sent to it', async () => {
  for (const customer of ['eve', 'ada']) await save(customer)
  for (let n = 0; n < codesADay; n++) {
    await requestAndSend('eve')
    await later(60)
  }
  expect(await request('eve')).toMatchObject({ kind: 'too many' })
  expect(await confirmByCode(pool(), 'ada', await requestAndSend('ada'))).toEqual({ kind: 'confirmed' })
})

test('a number gets twenty codes a day at most, of all customers together', async () => {
  const customers = Array.from({ length: codesOfOthersADay + 2 }, (_, n) => `customer-${n}`)
  for (const customer of customers) {
    await save(customer)
    await request(customer)
    await later(60)
  }
  expect(await database.ask('notification', 'SELECT FROM phone_codes')).toHaveLength(codesOfOthersADay)
  expect(await request('customer-0')).toMatchObject({ kind: 'too many' })
})

/** A code whose SMS is under way until `arrive` is called. */
async function sendSlowly() {
  let arrive!: () => void
  let texts: (text: string) => void
  const arrival = new Promise<void>((resolve) => (arrive = resolve))
  const text = new Promise<string>((resolve) => (texts = resolve))
  const mailer = {
    send: async ({ body }: { readonly body: string }) => {
      texts(body)
      await arrival
    },
    close: () => undefined,
  }
  const outcome = send('sms-code', { mailer })
  const code = /^(\d{6}) is/.exec(await text)?.[1] ?? ''
  return { code, arrive: () => (arrive(), outcome) }
}

test('a code that is requested while another one is under way leaves, too', async () => {
  await save('ada')
  await request('ada')
  const first = await sendSlowly()
  await later(60)
  expect(await request('ada')).toMatchObject({ kind: 'queued' })
  await first.arrive()
  const second = await send('sms-code').then(() => codesAt().at(-1) ?? '')
  expect(second).toMatch(/^\d{6}$/)
  expect(await confirmByCode(pool(), 'ada', second)).toEqual({ kind: 'confirmed' })
})

test('the code on the phone is valid until the next one leaves, which then is not needed', async () => {
  await save('ada')
  const first = await requestAndSend('ada')
  await later(60)
  await request('ada')
  expect(await confirmByCode(pool(), 'ada', first)).toEqual({ kind: 'confirmed' })
  await send('sms-code')
  expect([codesAt(), await database.ask('notification', 'SELECT FROM mails')]).toEqual([[first], []])
})

test('of two codes that wait only the later one is sent', async () => {
  await save('ada')
  await request('ada')
  await later(60)
  await request('ada')
  await send('sms-code')
  expect(codesAt()).toHaveLength(1)
  expect(await confirmByCode(pool(), 'ada', codesAt()[0] ?? '')).toEqual({ kind: 'confirmed' })
  expect(await database.ask('notification', 'SELECT FROM mails')).toEqual([])
})

test('requests at the same time send one code', async () => {
  const customers = ['ada', 'bob', 'eve']
  for (const customer of customers) await save(customer)
  const outcomes = await Promise.all([...customers, ...customers].map((customer) => request(customer)))
  expect(outcomes.filter(({ kind }) => kind === 'queued')).toHaveLength(1)
  expect(outcomes.filter((outcome) => outcome.kind === 'too many' && outcome.waitSeconds <= 61)).toHaveLength(5)
})

test('the customers of a shop together request no more codes than it sends in an hour', async () => {
  const customers = Array.from({ length: 8 }, (_, n) => `customer-${n}`)
  for (const [n, customer] of customers.entries()) await save(customer, `+491510000000${n}`)
  const outcomes = await Promise.all(customers.map((customer) => request(customer, 5)))
  expect(outcomes.filter(({ kind }) => kind === 'queued')).toHaveLength(5)
  const refused = outcomes.flatMap((outcome, n) => (outcome.kind === 'shop full' ? { ...outcome, n } : []))
  expect(refused).toHaveLength(3)
  for (const { waitSeconds } of refused) expect(Math.round(waitSeconds / 60)).toBe(60)
  const late = customers[refused[0]?.n ?? 0] ?? ''
  await later(1_800)
  const again = await request(late, 5)
  expect(again.kind === 'shop full' && Math.round(again.waitSeconds / 60)).toBe(30)
  await later(1_801)
  expect(await request(late, 5)).toMatchObject({ kind: 'queued' })
})

test('a code that was requested before an outage of ten minutes is not sent', async () => {
  await save('ada')
  await request('ada')
  await later(601)
  await send('sms-code')
  expect([provider.queued, await database.ask('notification', 'SELECT FROM mails')]).toEqual([[], []])
})

test('a customer without a number has no code, and an erased one keeps none', async () => {
  expect(await request('ada')).toEqual({ kind: 'no number' })
  await savePreferencesOf(pool(), 'ada', {}, [])
  expect(await request('ada')).toEqual({ kind: 'no number' })
  await save('ada')
  await request('ada')
  await database.ask('notification', `DELETE FROM preferences WHERE customer_id = 'ada'`)
  expect(await database.ask('notification', 'SELECT FROM phone_codes')).toEqual([])
})

test('codes of more than a day ago are deleted, and those that no replica sends, without a request', async () => {
  for (const [n, customer] of ['ada', 'bob', 'eve'].entries()) {
    await save(customer, `+491510000000${n}`)
    await request(customer)
  }
  await database.ask('notification', `UPDATE mails SET due_at = now() - interval '25 hours'`)
  await later(86_401)
  await save('kay', '+4915100000009')
  await request('kay')
  await removeOld(2)
  const rows = await database.ask('notification', 'SELECT customer_id AS customer FROM phone_codes')
  const queued = await database.ask('notification', 'SELECT customer_id AS customer FROM mails')
  expect([rows, queued]).toEqual([[{ customer: 'kay' }], [{ customer: 'kay' }]])
})

test('a number that a gateway of the previous version has deleted does not stay as a confirmed one', async () => {
  for (const customer of ['ada', 'bob', 'eve', 'kay']) await save(customer)
  await database.ask('notification', 'UPDATE preferences SET confirmed_phone = phone')
  await database.ask('notification', `UPDATE preferences SET phone = NULL WHERE customer_id IN ('ada', 'bob')`)
  await database.ask('notification', `UPDATE preferences SET phone = '+4915100000666' WHERE customer_id = 'eve'`)
  await removeOld(2)
  const rows = await database.ask(
    'notification',
    'SELECT customer_id AS customer FROM preferences WHERE confirmed_phone IS NOT NULL',
  )
  expect(rows).toEqual([{ customer: 'kay' }])
  expect(await preferencesOf(pool(), 'kay')).toMatchObject({ confirmed: true })
})
