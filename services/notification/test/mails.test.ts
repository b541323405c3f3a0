// Does each customer get each mail once from a real mail server's hands, whatever it answers, and
// no order mail wait behind marketing?
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { createStore } from '@orderpipeline/stage'
import { testDatabase, until } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent, AnnouncedStatus } from '@orderpipeline/order-events'
import { randomUUID } from 'node:crypto'
import { createAcceptance } from '../src/acceptance.ts'
import { notificationStage } from '../src/definition.ts'
import { mailTasks, sendDue } from '../src/sender.ts'
import type { SenderOptions } from '../src/sender.ts'
import type { Lane } from '../src/lanes.ts'
import { createMailer } from '../src/smtp.ts'
import type { Mailer } from '../src/smtp.ts'
import { mailServer, refusal } from '@orderpipeline/test-support/mail-server'
import type { MailServer } from '@orderpipeline/test-support/mail-server'

let database: TestDatabase
let server: MailServer
const mailers: Mailer[] = []
beforeAll(async () => {
  database = await testDatabase(postgresUrl())
})
beforeEach(async () => {
  await database.ask('notification', 'TRUNCATE mails, preferences CASCADE')
  failures.length = 0
  server = await mailServer()
})
afterEach(async () => {
  for (const mailer of mailers.splice(0)) mailer.close()
  await server.close()
})
afterAll(() => database.drop())

const context = { source: '/test', now: new Date(0) }
const addressing = { domain: 'shop.example', to: '{customerId}@customers.example' }
const { apply } = notificationStage({ logger: silentLogger() }, { addressing, periodicTasks: [] })
async function handle(events: readonly OrderEvent[]): Promise<void> {
  const store = createStore(database.as('notification'), { prefix: '', keyedByOrder: [] }, apply)
  await store.effect(
    events.map((event) => ({ event, prepared: undefined })),
    [],
  )
}
function statusChange(orderId: string, status: AnnouncedStatus) {
  return eventOf('OrderStatusChanged', { orderId, customerId: `c-${orderId}`, status }, context, status)
}
function recommendation(orderId: string) {
  return eventOf('ProductsRecommended', { orderId, customerId: `c-${orderId}`, skus: ['SKU-0002'] }, context)
}

async function consent(customers: readonly string[]): Promise<void> {
  await database.ask('notification', 'INSERT INTO preferences (customer_id) SELECT unnest($1::text[])', [customers])
  await database.ask(
    'notification',
    `INSERT INTO consents (customer_id, lane) SELECT unnest($1::text[]), 'marketing'`,
    [customers],
  )
}

const failures: string[] = []
function sender(overrides: Partial<SenderOptions> = {}): (lane: Lane) => Promise<number> {
  const mailer = createMailer({ url: server.url, from: 'shop@shop.example', connections: 2, timeoutMs: 30_000 })
  mailers.push(mailer)
  const options: SenderOptions = {
    mailer,
    attempts: 3,
    keepSeconds: 3_600,
    leaseSeconds: 60,
    onFailure: (_, { message }, gaveUp) => failures.push(`${gaveUp ? 'gave up' : 'again'}: ${message}`),
    ...overrides,
  }
  return (lane) => sendDue(database.as('notification'), lane, options)
}
function allDue() {
  return database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
}
function remainingMails() {
  return database.ask<{ attempts: number; failed: boolean }>(
    'notification',
    'SELECT attempts, failed_at IS NOT NULL AS failed FROM mails ORDER BY attempts',
  )
}

test('writes one mail per state, however often events repeat and replicas send', async () => {
  const orders = Array.from({ length: 30 }, () => randomUUID())
  const events = orders.flatMap((id) => [statusChange(id, 'PROCESSING'), statusChange(id, 'CONFIRMED')])
  await handle(events)
  await handle(events)
  const replicas = [sender(), sender(), sender()]
  await until(async () => {
    await Promise.all(replicas.map((send) => send('order')))
    return (await remainingMails()).length === 0
  })
  expect(server.received).toHaveLength(60)
  expect(new Set(server.received.map(({ messageId }) => messageId)).size).toBe(60)
  expect(server.received.every(({ to, messageId }) => messageId.startsWith(`<${to.slice(2, 38)}.`))).toBe(true)
  expect(await remainingMails()).toEqual([])
})

test('keeps the trace of a mail until it is sent', async () => {
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await handle([{ ...statusChange(randomUUID(), 'SHIPPED'), traceparent }, statusChange(randomUUID(), 'SHIPPED')])
  const traceparents: (string | null | undefined)[] = []
  const mailer: Mailer = {
    send: ({ traceparent: of }) => Promise.resolve(void traceparents.push(of)),
    close: () => undefined,
  }
  await sender({ mailer })('order')
  expect(traceparents.toSorted()).toEqual([traceparent, null])
})

test('repeats a mail under its Message-ID after the sending replica crashed', async () => {
  const orderId = randomUUID()
  await handle([statusChange(orderId, 'SHIPPED')])
  const mailer = createMailer({ url: server.url, from: 'shop@shop.example', connections: 1, timeoutMs: 30_000 })
  mailers.push(mailer)
  const dies: Mailer = {
    send: async (mail) => {
      await mailer.send(mail)
      throw new Error('killed')
    },
    close: () => undefined,
  }
  await expect(sender({ mailer: dies })('order')).rejects.toThrow('killed')
  expect(await sender()('order')).toBe(0)
  await allDue()
  expect(await sender()('order')).toBe(1)
  expect(server.received).toHaveLength(2)
  expect(new Set(server.received.map(({ messageId }) => messageId))).toEqual(
    new Set([`<${orderId}.shipped@shop.example>`]),
  )
})

test('retries later for a busy server, and gives up a mail that is refused for good', async () => {
  const [busy = '', refused = '', never = ''] = [randomUUID(), randomUUID(), randomUUID()]
  let answers = 0
  server.answer = (to) => {
    if (to.includes(refused)) return Promise.resolve(refusal(550))
    if (to.includes(never)) return Promise.resolve(refusal(451))
    return Promise.resolve(answers++ === 0 ? refusal(450) : undefined)
  }
  await handle([busy, refused, never].map((id) => statusChange(id, 'SHIPPED')))
  const send = sender()
  for (let round = 0; round < 4; round++) {
    await send('order')
    await allDue()
  }
  expect(server.received.map(({ to }) => to)).toEqual([`c-${busy}@customers.example`])
  expect(await remainingMails()).toEqual([
    { attempts: 1, failed: true },
    { attempts: 3, failed: true },
  ])
  expect(failures.filter((failure) => failure.startsWith('gave up'))).toHaveLength(2)
})

test('waits for an unreachable server beyond any number of attempts', async () => {
  const orderId = randomUUID()
  await handle([statusChange(orderId, 'SHIPPED')])
  const { url } = server
  await server.close()
  const mailer = createMailer({ url, from: 'shop@shop.example', connections: 1, timeoutMs: 30_000 })
  mailers.push(mailer)
  for (let round = 0; round < 5; round++) {
    expect(await sender({ mailer })('order')).toBe(0)
    await allDue()
  }
  expect(await remainingMails()).toEqual([{ attempts: 0, failed: false }])
  server = await mailServer()
  await allDue()
  await sender()('order')
  expect(server.received).toHaveLength(1)
})

test('gives up a mail after days without the server, with the reason', async () => {
  await handle([statusChange(randomUUID(), 'SHIPPED'), statusChange(randomUUID(), 'SHIPPED')])
  await database.ask(
    'notification',
    `UPDATE mails SET created_at = now() - interval '2 hours' WHERE id = (SELECT min(id) FROM mails)`,
  )
  const options = { url: 'smtp://127.0.0.1:1', from: 'shop@shop.example', connections: 1 }
  const mailer = createMailer({ ...options, timeoutMs: 30_000 })
  mailers.push(mailer)
  await sender({ mailer })('order')
  expect(await remainingMails()).toEqual([
    { attempts: 0, failed: false },
    { attempts: 1, failed: true },
  ])
  const [row] = await database.ask<{ failure: string }>(
    'notification',
    'SELECT failure FROM mails WHERE failed_at IS NOT NULL',
  )
  expect(row?.failure).toContain('ECONNREFUSED')
})

test('a mail that times out while others are accepted is given up after its attempts and a day', async () => {
  const silent = randomUUID()
  const never = Promise.withResolvers<undefined>()
  server.answer = (to) => (to.includes(silent) ? never.promise : Promise.resolve(undefined))
  const clock = { ms: 0 }
  const acceptance = createAcceptance(() => clock.ms)
  const send = sender({ mailer: impatientWith(silent), acceptance, keepSeconds: 5 * 86_400 })
  const triedAgain = async (attempts: number): Promise<boolean> => {
    await allDue()
    await send('order')
    const [mail, ...others] = await remainingMails()
    return mail?.attempts === attempts && others.length === 0
  }
  await handle([statusChange(silent, 'SHIPPED')])
  // Nothing says yet that the server is not away.
  await send('order')
  expect(await remainingMails()).toEqual([{ attempts: 0, failed: false }])
  await handle([statusChange(randomUUID(), 'SHIPPED')])
  await until(() => triedAgain(1))
  await until(() => triedAgain(2))
  // Since then nothing was accepted: it may be an outage again.
  clock.ms = 120_000
  expect(await triedAgain(2)).toBe(true)
  await handle([statusChange(randomUUID(), 'SHIPPED')])
  // The server may be slow for nearly all mails.
  await until(() => triedAgain(3))
  expect(await remainingMails()).toEqual([{ attempts: 3, failed: false }])
  await database.ask('notification', `UPDATE mails SET created_at = now() - interval '1 day'`)
  await handle([statusChange(randomUUID(), 'SHIPPED')])
  await until(() => triedAgain(4))
  expect(await remainingMails()).toEqual([{ attempts: 4, failed: true }])
  expect(failures.at(-1)).toMatch(/^gave up: /)
  never.resolve(undefined)
})

/**
 * Waits 300 ms for the answer to the mail of an order, and long for the others', whose answers come
 * late where the machine is busy. Where even the greeting takes longer, that attempt does not
 * count.
 */
function impatientWith(orderId: string): Mailer {
  const options = { url: server.url, from: 'shop@shop.example', connections: 2 }
  const impatient = createMailer({ ...options, timeoutMs: 300 })
  const patient = createMailer({ ...options, timeoutMs: 30_000 })
  mailers.push(impatient, patient)
  return {
    send: (mail, signal) => (mail.recipient.includes(orderId) ? impatient : patient).send(mail, signal),
    close: () => undefined,
  }
}

test.each(['resetAndDestroy', 'end'] as const)('a server that cuts (%s) before its greeting is away', async (cut) => {
  const away = createServer((socket) => {
    socket.on('error', () => undefined)
    socket[cut]()
  })
  await new Promise<void>((resolve) => away.listen(0, '127.0.0.1', resolve))
  const { port } = away.address() as AddressInfo
  const mailer = createMailer({
    url: `smtp://127.0.0.1:${port}`,
    ...{ from: 'shop@shop.example', connections: 1, timeoutMs: 30_000 },
  })
  mailers.push(mailer)
  const acceptance = createAcceptance(() => 0)
  acceptance.note()
  await handle([statusChange(randomUUID(), 'SHIPPED')])
  await sender({ mailer, acceptance, attempts: 1 })('order')
  expect(failures).toHaveLength(1)
  expect(await remainingMails()).toEqual([{ attempts: 0, failed: false }])
  away.close()
})

test('a stopping replica releases a hanging mail, and another one sends it', async () => {
  const orderId = randomUUID()
  await handle([statusChange(orderId, 'SHIPPED')])
  const [request, never] = [Promise.withResolvers<undefined>(), Promise.withResolvers<undefined>()]
  server.answer = () => {
    request.resolve(undefined)
    return never.promise
  }
  const mailer = createMailer({ url: server.url, from: 'shop@shop.example', connections: 1, timeoutMs: 300_000 })
  const [task] = mailTasks(() => mailer, {
    ...{ attempts: 3, keepSeconds: 3_600, leaseSeconds: 60, everySeconds: 1, onFailure: () => undefined },
  })
  const stopping = new AbortController()
  const surroundings = { publish: () => Promise.resolve(), keyedByOrder: () => false, stopping: stopping.signal }
  const run = task?.run({ database: database.as('notification'), ...surroundings })
  await request.promise
  stopping.abort()
  await run
  task?.close?.()
  expect(await remainingMails()).toEqual([{ attempts: 0, failed: false }])
  server.answer = () => Promise.resolve(undefined)
  await allDue()
  await sender()('order')
  expect(server.received.map(({ to }) => to)).toEqual([`c-${orderId}@customers.example`])
  never.resolve(undefined)
})

test('sends an order mail while a thousand marketing mails hang', async () => {
  const lateAnswer = Promise.withResolvers<undefined>()
  const orderId = randomUUID()
  const recommendations = Array.from({ length: 1_000 }, () => recommendation(randomUUID()))
  await consent(recommendations.map(({ data }) => data.customerId))
  await handle(recommendations)
  await handle([statusChange(orderId, 'SHIPPED')])
  server.answer = (to) => (to.includes(orderId) ? Promise.resolve(undefined) : lateAnswer.promise)
  const marketing = sender()('marketing')
  expect(await sender()('order')).toBe(1)
  expect(server.received.map(({ to }) => to)).toEqual([`c-${orderId}@customers.example`])
  lateAnswer.resolve(undefined)
  await marketing
})
