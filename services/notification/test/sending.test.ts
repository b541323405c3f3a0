// Is each message sent once, at an hour that is not quiet, and again after a failure that passes,
// and is what waits or was given up bounded? channels.test.ts has who agreed to which messages.
import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { eventOf } from '@orderpipeline/order-events'
import { silentLogger } from '@orderpipeline/process'
import { createBacklog } from '../src/backlog.ts'
import { MessageRefusedError } from '../src/channels/refusal.ts'
import { createSmsPort } from '../src/channels/sms.ts'
import { notificationStage } from '../src/definition.ts'
import type { Lane } from '../src/lanes.ts'
import { failedMailsTask } from '../src/sender.ts'
import { removeFailedMails } from '../src/sql/mails.ts'
import type { Mailer } from '../src/smtp.ts'
import {
  addressing,
  context,
  enabled,
  notificationTestEnvironment,
  recommendation,
  statusChange,
} from './notification-environment.ts'
import type { NotificationTestEnvironment } from './notification-environment.ts'

let on: NotificationTestEnvironment
beforeAll(async () => {
  on = await notificationTestEnvironment()
})
beforeEach(() => on.clear())
afterAll(() => on.close())

const hours = { timeZone: 'UTC', from: '21:00', to: '08:00' }
function quietAt(now: string) {
  return { quiet: { hours, lanes: new Set<Lane>(['marketing']), now: () => new Date(now) } }
}

test('marketing waits in the quiet hours of each customer, and none of it is lost', async () => {
  await on.save('utc', ['marketing'])
  await on.save('tokyo', ['marketing'], { timeZone: 'Asia/Tokyo' })
  await on.save('early', ['marketing'], { quietHours: { from: '18:00', to: '22:30' } })
  await on.handle(['utc', 'tokyo', 'early'].map(recommendation))
  // 07:00 in Tokyo.
  expect(await on.send('marketing', quietAt('2999-03-01T22:00:00Z'))).toBe(3)
  expect(on.sentMails).toEqual([])
  const rows = await on.database.ask<{ customer: string; due: Date }>(
    'notification',
    'SELECT customer_id AS customer, due_at AS due FROM mails ORDER BY customer_id',
  )
  expect(rows.map(({ customer, due }) => `${customer} ${due.toISOString()}`)).toEqual([
    'early 2999-03-01T22:30:00.000Z',
    'tokyo 2999-03-01T23:00:00.000Z',
    'utc 2999-03-02T08:00:00.000Z',
  ])
  await on.database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  await on.send('marketing', quietAt('2999-03-01T23:00:00Z'))
  expect(on.sentMails.map(({ customerId }) => customerId).toSorted()).toEqual(['early', 'tokyo'])
  await on.database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  await on.send('marketing', quietAt('2999-03-02T08:00:00Z'))
  expect(on.sentMails.map(({ customerId }) => customerId).toSorted()).toEqual(['early', 'tokyo', 'utc'])
  expect(await on.lanesWaiting()).toEqual([])
})

test('a replica whose clock is slow does not take a held message again at once', async () => {
  await on.save('ada', ['marketing'])
  await on.handle([recommendation('ada')])
  expect(await on.send('marketing', quietAt('2999-03-02T07:59:59Z'))).toBe(1)
  expect(await on.send('marketing', quietAt('2999-03-02T07:59:59Z'))).toBe(0)
})

test('replicas share a lane, and each message is sent by one of them', async () => {
  const customers = Array.from({ length: 60 }, (_, n) => `customer-${n}`)
  for (const customer of customers) await on.save(customer, ['marketing'])
  await on.handle(customers.map(recommendation))
  for (let round = 0; round < 3; round++)
    await Promise.all([on.send('marketing'), on.send('marketing'), on.send('marketing')])
  expect(on.sentMails.map(({ customerId }) => customerId).toSorted()).toEqual(customers.toSorted())
})

test('an SMS that was refused for a while is sent later', async () => {
  await on.save('ada', ['sms-order'], { phone: '+4915100000001' })
  await on.handle([statusChange('ada', 'SHIPPED')])
  on.provider.faults.push(429, 503)
  const mailer = createSmsPort({ ...on.provider, from: 'Shop', timeoutMs: 30_000 })
  for (let round = 0; round < 3; round++) {
    await on.send('sms-order', { mailer })
    await on.database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  }
  expect(on.provider.queued).toMatchObject([{ to: '+4915100000001' }])
  expect(await on.lanesWaiting()).toEqual(['order'])
})

test('an SMS whose answer is lost is sent three times at most', async () => {
  await on.save('ada', ['sms-order'], { phone: '+4915100000001' })
  await on.handle([statusChange('ada', 'SHIPPED')])
  const mailer = createSmsPort({ ...on.provider, from: 'Shop', timeoutMs: 30_000 })
  for (let round = 0; round < 10; round++) {
    on.provider.faults.splice(0, on.provider.faults.length, 'drop')
    await on.send('sms-order', { mailer, attempts: 20 })
    await on.database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  }
  expect(on.provider.queued).toHaveLength(3)
  expect(await on.lanesWaiting()).toEqual(['order'])
})

test('a defect in the handling of one message does not send the others again', async () => {
  for (const customer of ['ada', 'bob', 'eve']) await on.save(customer, ['marketing'])
  await on.handle(['ada', 'bob', 'eve'].map(recommendation))
  const outage = { retry: true, outage: true }
  const mailer: Mailer = {
    send: async (mail) => {
      if (mail.customerId === 'ada') throw new RangeError('a defect')
      if (mail.customerId === 'bob') throw new MessageRefusedError('MailRefused', 'away', outage)
      await on.taking.send(mail)
    },
    close: () => undefined,
  }
  await expect(on.send('marketing', { mailer })).rejects.toThrow('a defect')
  await on.database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  await on.send('marketing')
  expect(on.sentMails.map(({ customerId }) => customerId).toSorted()).toEqual(['ada', 'bob', 'eve'])
})

test('a sender goes on while one of several services is away, and rests when all are', async () => {
  for (const customer of ['ada', 'bob']) await on.save(customer, ['marketing'])
  await on.handle(['ada', 'bob'].map(recommendation))
  const away = (customers: readonly string[]): Mailer => ({
    send: ({ customerId }) =>
      customers.includes(customerId ?? '')
        ? Promise.reject(new MessageRefusedError('MailRefused', 'away', { retry: true, outage: true }))
        : Promise.resolve(),
    close: () => undefined,
  })
  expect(await on.send('marketing', { mailer: away(['ada', 'bob']) })).toBe(0)
  await on.database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  expect(await on.send('marketing', { mailer: away(['bob']) })).toBe(2)
})

test('messages that were given up are deleted after a month, however many there are', async () => {
  await on.database.ask(
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
  await failedMailsTask(3_600, 30, 2).run({ database: on.database.as('notification'), ...surroundings })
  expect(await on.database.ask('notification', 'SELECT message_id FROM mails')).toEqual([{ message_id: '6' }])
})

test('the deletion of what was given up does not read the messages that wait', async () => {
  await on.database.ask(
    'notification',
    `INSERT INTO mails (lane, message_id, recipient, subject, body, attempts, failed_at)
     SELECT 'order', n::text, 'r', 's', 'b', 1, CASE WHEN n % 1000 = 0 THEN now() - interval '29 days' END
     FROM generate_series(1, 20000) AS n`,
  )
  await on.database.ask('notification', 'ANALYZE mails')
  const plan = await on.database.ask('notification', `EXPLAIN ${removeFailedMails.text}`, [30, 5_000])
  expect(JSON.stringify(plan)).toMatch(/mails_failed/)
  expect(JSON.stringify(plan)).not.toMatch(/Seq Scan on mails/)
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
  await on.save('ada', ['marketing'])
  await on.handle([recommendation('ada'), recommendation('ada'), recommendation('ada')], bounded)
  expect([await on.lanesWaiting(), dropped]).toEqual([['marketing', 'marketing'], ['marketing']])
  const surroundings = {
    publish: () => Promise.resolve(),
    keyedByOrder: () => false,
    stopping: new AbortController().signal,
  }
  const count = () => backlog.task.run({ database: on.database.as('notification'), ...surroundings })
  await count()
  await on.send('marketing')
  await count()
  expect(counts).toEqual([2, 0])
  await on.handle([recommendation('ada')], bounded)
  expect(await on.lanesWaiting()).toEqual(['marketing'])
})

test('the reminder of a cart is sent once, and not after the cart was ordered', async () => {
  const cart = (customerId: string) => ({ orderId: randomUUID(), customerId })
  const [left, ordered] = [cart('ada'), cart('bob')]
  await on.save('ada', ['marketing'])
  await on.save('bob', ['marketing', 'sms-marketing'], { phone: '+4915100000001' })
  const items = [{ sku: 'SKU-0001', quantity: 2 }]
  const abandoned = [left, ordered].map((about) => eventOf('CartAbandoned', { ...about, items }, context))
  await on.handle(abandoned)
  await on.handle(abandoned)
  expect(await on.lanesWaiting()).toEqual(['marketing', 'marketing', 'sms-marketing'])
  await on.send('marketing', quietAt('2999-03-01T22:00:00Z'))
  await on.handle([eventOf('CartClosed', ordered, context)])
  await on.database.ask('notification', `UPDATE mails SET due_at = now() - interval '1 second'`)
  for (const lane of ['marketing', 'sms-marketing'] as const) await on.send(lane)
  expect(on.sentMails.map(({ customerId, subject }) => `${customerId} ${subject}`)).toEqual([
    'ada Your cart is waiting for you',
  ])
})
