// Does a message leave only with the customer's consent, at an hour that is not quiet, once, and
// does what a provider says of an address change what the customer agrees to?
import { randomUUID } from 'node:crypto'
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent, AnnouncedStatus } from '@orderpipeline/order-events'
import { silentLogger } from '@orderpipeline/process'
import { createStore } from '@orderpipeline/stage'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createBacklog } from '../src/backlog.ts'
import { MessageRefusedError } from '../src/channels/refusal.ts'
import { createSmsPort } from '../src/channels/sms.ts'
import { notificationStage } from '../src/definition.ts'
import { channels } from '../src/lanes.ts'
import type { Lane } from '../src/lanes.ts'
import type { Mail } from '../src/mails.ts'
import { addPushSubscription, dropPushSubscription, preferencesOf } from '../src/preferences/index.ts'
import { savePreferencesOf, withdraw } from '../src/preferences/index.ts'
import type { PreferencesData, Unsubscription } from '../src/preferences/index.ts'
import { failedMailsTask, sendDue } from '../src/sender.ts'
import { removeFailedMails } from '../src/sql/mails.ts'
import type { SenderOptions } from '../src/sender.ts'
import type { Mailer } from '../src/smtp.ts'
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
  sentMails.length = 0
  unconsented.length = 0
})
afterEach(() => provider.close())
afterAll(() => database.drop())

const context = { source: '/test', now: new Date(0) }
const addressing = { domain: 'shop.example', to: '{customerId}@customers.example' }
const enabled = new Set(channels)
const stage = notificationStage({ logger: silentLogger() }, { addressing, channels: enabled, periodicTasks: [] })
async function handle(events: readonly OrderEvent[], { apply } = stage): Promise<void> {
  const store = createStore(database.as('notification'), { prefix: '', keyedByOrder: [] }, apply)
  await store.effect(
    events.map((event) => ({ event, prepared: undefined })),
    [],
  )
}
function statusChange(customerId: string, status: AnnouncedStatus, orderId: string = randomUUID()) {
  return eventOf('OrderStatusChanged', { orderId, customerId, status }, context, status)
}
function recommendation(customerId: string) {
  return eventOf('ProductsRecommended', { orderId: randomUUID(), customerId, skus: ['SKU-0002'] }, context)
}
/** With a number that is confirmed, if any. */
async function save(customerId: string, lanes: readonly Unsubscription['lane'][], data: PreferencesData = {}) {
  const preferences = await savePreferencesOf(database.as('notification'), customerId, data, lanes)
  const confirm = 'UPDATE preferences SET confirmed_phone = phone WHERE customer_id = $1'
  await database.ask('notification', confirm, [customerId])
  return preferences
}
function lanesWaiting(): Promise<readonly string[]> {
  return database
    .ask<{ lane: string }>('notification', 'SELECT lane FROM mails WHERE failed_at IS NULL ORDER BY lane')
    .then((rows) => rows.map(({ lane }) => lane))
}

const sentMails: Mail[] = []
const unconsented: string[] = []
const taking: Mailer = { send: (mail) => Promise.resolve(void sentMails.push(mail)), close: () => undefined }
function send(lane: Lane, overrides: Partial<SenderOptions> = {}): Promise<number> {
  const options: SenderOptions = {
    ...{ mailer: taking, attempts: 3, keepSeconds: 3_600, leaseSeconds: 60, onFailure: () => undefined },
    onUnconsented: (which, count) => unconsented.push(`${which} ${count}`),
    ...overrides,
  }
  return sendDue(database.as('notification'), lane, options)
}

test('a customer without preferences gets mails about orders, and nothing else', async () => {
  await handle([statusChange('ada', 'SHIPPED'), recommendation('ada')])
  expect(await lanesWaiting()).toEqual(['order'])
})

test('a customer gets each event once by each channel that they have agreed to', async () => {
  await save('ada', ['marketing', 'sms-order', 'push-order'], { phone: '+4915112345678' })
  for (const endpoint of ['https://push.example/1', 'https://push.example/2'])
    await addPushSubscription(database.as('notification'), 'ada', { endpoint, p256dh: 'p', auth: 'a' })
  const events = [statusChange('ada', 'PROCESSING'), statusChange('ada', 'SHIPPED'), recommendation('ada')]
  await handle(events)
  await handle(events)
  expect(await lanesWaiting()).toEqual(['marketing', 'order', 'order', 'push-order', 'push-order', 'sms-order'])
  for (const lane of ['sms-order', 'push-order', 'marketing'] as const) await send(lane)
  expect(sentMails.map(({ lane, customerId }) => `${lane} ${customerId}`)).toEqual([
    ...['sms-order ada', 'push-order ada', 'push-order ada', 'marketing ada'],
  ])
  expect(await lanesWaiting()).toEqual(['order', 'order'])
})

test('a consent that was withdrawn while its message waited sends nothing', async () => {
  await save('ada', ['marketing'])
  await save('bob', ['marketing'])
  await handle([recommendation('ada'), recommendation('bob')])
  const ada = { customerId: 'ada', lane: 'marketing' } as const
  expect(await withdraw(database.as('notification'), ada)).toBe(true)
  expect(await withdraw(database.as('notification'), ada)).toBe(false)
  await send('marketing')
  expect(sentMails.map(({ customerId }) => customerId)).toEqual(['bob'])
  expect(unconsented).toEqual(['marketing 1'])
  expect(await lanesWaiting()).toEqual([])
})

test('marketing that a previous version has stored without a customer is not sent', async () => {
  await database.ask(
    'notification',
    `INSERT INTO mails (lane, message_id, recipient, subject, body) VALUES
       ('marketing', '<1@shop.example>', 'c@customers.example', 's', 'b'),
       ('order', '<2@shop.example>', 'c@customers.example', 's', 'b')`,
  )
  await send('marketing')
  await send('order')
  expect(sentMails.map(({ messageId }) => messageId)).toEqual(['<2@shop.example>'])
  expect(await lanesWaiting()).toEqual([])
})

/** As the previous version has it. */
const previousTake = `
UPDATE mails SET due_at = now() + make_interval(secs => $2)
WHERE id IN (
  SELECT id FROM mails WHERE lane = $1 AND failed_at IS NULL AND due_at <= now()
  ORDER BY due_at LIMIT $3 FOR UPDATE SKIP LOCKED
)
RETURNING lane, recipient`

test('a replica of the previous version takes mails alone', async () => {
  await save('ada', ['marketing', 'sms-order', 'sms-marketing', 'push-order', 'push-marketing'], {
    phone: '+4915100000001',
  })
  await addPushSubscription(database.as('notification'), 'ada', {
    ...{ endpoint: 'https://push.example/1', p256dh: 'p', auth: 'a' },
  })
  await handle([statusChange('ada', 'SHIPPED'), recommendation('ada')])
  expect(await lanesWaiting()).toHaveLength(6)
  const takenMails: string[] = []
  for (const lane of ['order', 'marketing']) {
    const rows = await database.ask<{ lane: string; recipient: string }>('notification', previousTake, [lane, 60, 100])
    takenMails.push(...rows.map((row) => `${row.lane} ${row.recipient}`))
  }
  expect(takenMails).toEqual(['order ada@customers.example', 'marketing ada@customers.example'])
  for (const lane of ['sms-order', 'sms-marketing', 'push-order', 'push-marketing', 'order', 'marketing'] as const)
    await send(lane)
  expect(sentMails.map(({ lane }) => lane)).toEqual(['sms-order', 'sms-marketing', 'push-order', 'push-marketing'])
})

const hours = { timeZone: 'UTC', from: '21:00', to: '08:00' }
function quietAt(now: string) {
  return { quiet: { hours, lanes: new Set<Lane>(['marketing']), now: () => new Date(now) } }
}

test('marketing waits in the quiet hours of each customer, and none of it is lost', async () => {
  await save('utc', ['marketing'])
  await save('tokyo', ['marketing'], { timeZone: 'Asia/Tokyo' })
  await save('early', ['marketing'], { quietHours: { from: '18:00', to: '22:30' } })
  await handle(['utc', 'tokyo', 'early'].map(recommendation))
  // 07:00 in Tokyo.
  expect(await send('marketing', quietAt('2999-03-01T22:00:00Z'))).toBe(3)
  expect(sentMails).toEqual([])
  const rows = await database.ask<{ customer: string; due: Date }>(
    'notification',
    'SELECT customer_id AS customer, due_at AS due FROM mails ORDER BY customer_id',
  )
  expect(rows.map(({ customer, due }) => `${customer} ${due.toISOString()}`)).toEqual([
    'early 2999-03-01T22:30:00.000Z',
    'tokyo 2999-03-01T23:00:00.000Z',
    'utc 2999-03-02T08:00:00.000Z',
  ])
  await database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  await send('marketing', quietAt('2999-03-01T23:00:00Z'))
  expect(sentMails.map(({ customerId }) => customerId).toSorted()).toEqual(['early', 'tokyo'])
  await database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  await send('marketing', quietAt('2999-03-02T08:00:00Z'))
  expect(sentMails.map(({ customerId }) => customerId).toSorted()).toEqual(['early', 'tokyo', 'utc'])
  expect(await lanesWaiting()).toEqual([])
})

test('a replica whose clock is slow does not take a held message again at once', async () => {
  await save('ada', ['marketing'])
  await handle([recommendation('ada')])
  expect(await send('marketing', quietAt('2999-03-02T07:59:59Z'))).toBe(1)
  expect(await send('marketing', quietAt('2999-03-02T07:59:59Z'))).toBe(0)
})

test('replicas share a lane, and each message is sent by one of them', async () => {
  const customers = Array.from({ length: 60 }, (_, n) => `customer-${n}`)
  for (const customer of customers) await save(customer, ['marketing'])
  await handle(customers.map(recommendation))
  for (let round = 0; round < 3; round++) await Promise.all([send('marketing'), send('marketing'), send('marketing')])
  expect(sentMails.map(({ customerId }) => customerId).toSorted()).toEqual(customers.toSorted())
})

test('a number that has answered STOP loses its consents, unless it was changed meanwhile', async () => {
  const phones = { ada: '+4915100000001', bob: '+4915100000002' }
  for (const [customer, phone] of Object.entries(phones)) {
    await save(customer, ['sms-order', 'sms-marketing'], { phone })
    provider.stopped.add(phone)
  }
  await handle([statusChange('ada', 'SHIPPED'), statusChange('bob', 'SHIPPED')])
  const port = createSmsPort({ ...provider, from: 'Shop', timeoutMs: 30_000 })
  const mailer: Mailer = {
    ...port,
    send: async (mail) => {
      if (mail.customerId === 'bob') await save('bob', ['sms-order'], { phone: '+4915100000003' })
      await port.send(mail)
    },
  }
  await send('sms-order', { mailer })
  expect(Object.keys((await preferencesOf(database.as('notification'), 'ada')).consents)).toEqual([])
  expect(Object.keys((await preferencesOf(database.as('notification'), 'bob')).consents)).toEqual(['sms-order'])
  expect(provider.queued).toEqual([])
})

test('a browser that its push service no longer knows is deleted, and others stay', async () => {
  await save('ada', ['push-order'])
  for (const endpoint of ['https://push.example/1', 'https://push.example/2'])
    await addPushSubscription(database.as('notification'), 'ada', { endpoint, p256dh: 'p', auth: 'a' })
  await handle([statusChange('ada', 'SHIPPED')])
  const unknownAddress = { retry: false, outage: false, addressGone: true }
  const mailer: Mailer = {
    send: ({ recipient }) =>
      recipient.includes('/1')
        ? Promise.reject(new MessageRefusedError('PushRefused', '410', unknownAddress))
        : Promise.resolve(),
    close: () => undefined,
  }
  await send('push-order', { mailer })
  expect(await preferencesOf(database.as('notification'), 'ada')).toMatchObject({ browsers: 1 })
  expect(await dropPushSubscription(database.as('notification'), 'ada', 'https://push.example/2')).toBe(true)
})

test('an SMS that was refused for a while is sent later', async () => {
  await save('ada', ['sms-order'], { phone: '+4915100000001' })
  await handle([statusChange('ada', 'SHIPPED')])
  provider.faults.push(429, 503)
  const mailer = createSmsPort({ ...provider, from: 'Shop', timeoutMs: 30_000 })
  for (let round = 0; round < 3; round++) {
    await send('sms-order', { mailer })
    await database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  }
  expect(provider.queued).toMatchObject([{ to: '+4915100000001' }])
  expect(await lanesWaiting()).toEqual(['order'])
})

test('an SMS whose answer is lost is sent three times at most', async () => {
  await save('ada', ['sms-order'], { phone: '+4915100000001' })
  await handle([statusChange('ada', 'SHIPPED')])
  const mailer = createSmsPort({ ...provider, from: 'Shop', timeoutMs: 30_000 })
  for (let round = 0; round < 10; round++) {
    provider.faults.splice(0, provider.faults.length, 'drop')
    await send('sms-order', { mailer, attempts: 20 })
    await database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  }
  expect(provider.queued).toHaveLength(3)
  expect(await lanesWaiting()).toEqual(['order'])
})

test('an SMS goes to the number that the customer has when it is sent', async () => {
  await save('ada', ['sms-order'], { phone: '+4915100000001' })
  await handle([statusChange('ada', 'SHIPPED')])
  await save('ada', ['sms-order'], { phone: '+4915100000002' })
  await send('sms-order')
  expect(sentMails.map(({ recipient }) => recipient)).toEqual(['+4915100000002'])
})

test('a browser that was removed while its message waited gets nothing, and new keys count', async () => {
  await save('ada', ['push-order'])
  const endpoints = ['https://push.example/1', 'https://push.example/2']
  for (const endpoint of endpoints)
    await addPushSubscription(database.as('notification'), 'ada', { endpoint, p256dh: 'p', auth: 'a' })
  await handle([statusChange('ada', 'SHIPPED')])
  const [removed = '', renewed = ''] = endpoints
  await dropPushSubscription(database.as('notification'), 'ada', removed)
  await addPushSubscription(database.as('notification'), 'ada', { endpoint: renewed, p256dh: 'new', auth: 'b' })
  await send('push-order')
  expect(sentMails.map(({ recipient }) => JSON.parse(recipient) as unknown)).toEqual([
    { endpoint: renewed, p256dh: 'new', auth: 'b' },
  ])
  expect(await lanesWaiting()).toEqual(['order'])
})

test('a defect in the handling of one message does not send the others again', async () => {
  for (const customer of ['ada', 'bob', 'eve']) await save(customer, ['marketing'])
  await handle(['ada', 'bob', 'eve'].map(recommendation))
  const outage = { retry: true, outage: true }
  const mailer: Mailer = {
    send: async (mail) => {
      if (mail.customerId === 'ada') throw new RangeError('a defect')
      if (mail.customerId === 'bob') throw new MessageRefusedError('MailRefused', 'away', outage)
      await taking.send(mail)
    },
    close: () => undefined,
  }
  await expect(send('marketing', { mailer })).rejects.toThrow('a defect')
  await database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  await send('marketing')
  expect(sentMails.map(({ customerId }) => customerId).toSorted()).toEqual(['ada', 'bob', 'eve'])
})

test('a sender goes on while one of several services is away, and rests when all are', async () => {
  for (const customer of ['ada', 'bob']) await save(customer, ['marketing'])
  await handle(['ada', 'bob'].map(recommendation))
  const away = (customers: readonly string[]): Mailer => ({
    send: ({ customerId }) =>
      customers.includes(customerId ?? '')
        ? Promise.reject(new MessageRefusedError('MailRefused', 'away', { retry: true, outage: true }))
        : Promise.resolve(),
    close: () => undefined,
  })
  expect(await send('marketing', { mailer: away(['ada', 'bob']) })).toBe(0)
  await database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  expect(await send('marketing', { mailer: away(['bob']) })).toBe(2)
})

test('messages that were given up are deleted after a month, however many there are', async () => {
  await database.ask(
    'notification',
    `INSERT INTO mails (lane, message_id, recipient, subject, body, attempts, failed_at)
     SELECT 'sms-order', n::text, 'r', 's', 'b', 1, now() - make_interval(days => CASE WHEN n < 6 THEN 31 ELSE 29 END)
     FROM generate_series(1, 6) AS n`,
  )
  const surroundings = {
    publish: () => Promise.resolve(),
    keyedByOrder: () => false,
    stopping: new AbortController().signal,
  }
  await failedMailsTask(3_600, 30, 2).run({ database: database.as('notification'), ...surroundings })
  expect(await database.ask('notification', 'SELECT message_id FROM mails')).toEqual([{ message_id: '6' }])
})

test('the deletion of what was given up does not read the messages that wait', async () => {
  await database.ask(
    'notification',
    `INSERT INTO mails (lane, message_id, recipient, subject, body, attempts, failed_at)
     SELECT 'order', n::text, 'r', 's', 'b', 1, CASE WHEN n % 1000 = 0 THEN now() - interval '29 days' END
     FROM generate_series(1, 20000) AS n`,
  )
  await database.ask('notification', 'ANALYZE mails')
  const plan = await database.ask('notification', `EXPLAIN ${removeFailedMails.text}`, [30, 5_000])
  expect(JSON.stringify(plan)).toMatch(/mails_failed/)
  expect(JSON.stringify(plan)).not.toMatch(/Seq Scan on mails/)
})

test('saved settings replace those before, and a consent that stays keeps its time', async () => {
  const first = await save('ada', ['marketing', 'sms-order'], { phone: '+4915100000001', timeZone: 'Asia/Tokyo' })
  const second = await save('ada', ['marketing', 'push-order'], { quietHours: { from: '20:00', to: '09:00' } })
  expect(second).toEqual({
    consents: { marketing: first.consents.marketing, 'push-order': expect.any(String) as string },
    ...{ browsers: 0, quietHours: { from: '20:00', to: '09:00' } },
  })
  expect(await preferencesOf(database.as('notification'), 'ada')).toEqual(second)
  expect(await preferencesOf(database.as('notification'), 'nobody')).toEqual({ consents: {}, browsers: 0 })
})

test('of more than ten browsers the oldest is dropped', async () => {
  for (let n = 0; n < 12; n++)
    await addPushSubscription(database.as('notification'), 'ada', {
      ...{ endpoint: `https://push.example/${n}`, p256dh: 'p', auth: 'a' },
    })
  const rows = await database.ask<{ endpoint: string }>('notification', 'SELECT endpoint FROM push_subscriptions')
  expect(rows).toHaveLength(10)
  expect(rows.map(({ endpoint }) => endpoint)).toContain('https://push.example/11')
  expect(rows.map(({ endpoint }) => endpoint)).not.toContain('https://push.example/0')
})

test('a full lane of marketing takes nothing more until it has been counted again', async () => {
  const counts: (number | undefined)[] = []
  const dropped: Lane[] = []
  const backlog = createBacklog({
    ...{ mostWaiting: 2, everySeconds: 30, onDropped: (lane) => dropped.push(lane) },
    onCounted: (waiting) => counts.push(waiting.get('marketing')),
  })
  const bounded = notificationStage(
    { logger: silentLogger() },
    { addressing, channels: enabled, bound: backlog.bound, periodicTasks: [] },
  )
  await save('ada', ['marketing'])
  await handle([recommendation('ada'), recommendation('ada'), recommendation('ada')], bounded)
  expect([await lanesWaiting(), dropped]).toEqual([['marketing', 'marketing'], ['marketing']])
  const surroundings = {
    publish: () => Promise.resolve(),
    keyedByOrder: () => false,
    stopping: new AbortController().signal,
  }
  const count = () => backlog.task.run({ database: database.as('notification'), ...surroundings })
  await count()
  await send('marketing')
  await count()
  expect(counts).toEqual([2, 0])
  await handle([recommendation('ada')], bounded)
  expect(await lanesWaiting()).toEqual(['marketing'])
})

test('the reminder of a cart is sent once, and not after the cart was ordered', async () => {
  const cart = (customerId: string) => ({ orderId: randomUUID(), customerId })
  const [left, ordered] = [cart('ada'), cart('bob')]
  await save('ada', ['marketing'])
  await save('bob', ['marketing', 'sms-marketing'], { phone: '+4915100000001' })
  const items = [{ sku: 'SKU-0001', quantity: 2 }]
  const abandoned = [left, ordered].map((about) => eventOf('CartAbandoned', { ...about, items }, context))
  await handle(abandoned)
  await handle(abandoned)
  expect(await lanesWaiting()).toEqual(['marketing', 'marketing', 'sms-marketing'])
  await send('marketing', quietAt('2999-03-01T22:00:00Z'))
  await handle([eventOf('CartClosed', ordered, context)])
  await database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  for (const lane of ['marketing', 'sms-marketing'] as const) await send(lane)
  expect(sentMails.map(({ customerId, subject }) => `${customerId} ${subject}`)).toEqual([
    'ada Your cart is waiting for you',
  ])
})
