// Does a message leave only with the customer's consent, by each channel that they have agreed to,
// and does what a provider says of an address change what the customer agrees to?
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { MessageRefusedError } from '../src/channels/refusal.ts'
import { createSmsPort } from '../src/channels/sms.ts'
import { addPushSubscription, dropPushSubscription, preferencesOf, withdraw } from '../src/preferences/index.ts'
import type { Mailer } from '../src/smtp.ts'
import { notificationTestEnvironment, recommendation, statusChange } from './notification-environment.ts'
import type { NotificationTestEnvironment } from './notification-environment.ts'

let on: NotificationTestEnvironment
beforeAll(async () => {
  on = await notificationTestEnvironment()
})
beforeEach(() => on.clear())
afterAll(() => on.close())

test('a customer without preferences gets mails about orders, and nothing else', async () => {
  await on.handle([statusChange('ada', 'SHIPPED'), recommendation('ada')])
  expect(await on.lanesWaiting()).toEqual(['order'])
})

test('a customer gets each event once by each channel that they have agreed to', async () => {
  await on.save('ada', ['marketing', 'sms-order', 'push-order'], { phone: '+4915112345678' })
  for (const endpoint of ['https://push.example/1', 'https://push.example/2'])
    await addPushSubscription(on.database.as('notification'), 'ada', { endpoint, p256dh: 'p', auth: 'a' })
  const events = [statusChange('ada', 'PROCESSING'), statusChange('ada', 'SHIPPED'), recommendation('ada')]
  await on.handle(events)
  await on.handle(events)
  expect(await on.lanesWaiting()).toEqual(['marketing', 'order', 'order', 'push-order', 'push-order', 'sms-order'])
  for (const lane of ['sms-order', 'push-order', 'marketing'] as const) await on.send(lane)
  expect(on.sentMails.map(({ lane, customerId }) => `${lane} ${customerId}`)).toEqual([
    ...['sms-order ada', 'push-order ada', 'push-order ada', 'marketing ada'],
  ])
  expect(await on.lanesWaiting()).toEqual(['order', 'order'])
})

test('a consent that was withdrawn while its message waited sends nothing', async () => {
  await on.save('ada', ['marketing'])
  await on.save('bob', ['marketing'])
  await on.handle([recommendation('ada'), recommendation('bob')])
  const ada = { customerId: 'ada', lane: 'marketing' } as const
  expect(await withdraw(on.database.as('notification'), ada)).toBe(true)
  expect(await withdraw(on.database.as('notification'), ada)).toBe(false)
  await on.send('marketing')
  expect(on.sentMails.map(({ customerId }) => customerId)).toEqual(['bob'])
  expect(on.unconsented).toEqual(['marketing 1'])
  expect(await on.lanesWaiting()).toEqual([])
})

test('marketing that a previous version has stored without a customer is not sent', async () => {
  await on.database.ask(
    'notification',
    `INSERT INTO mails (lane, message_id, recipient, subject, body) VALUES
       ('marketing', '<1@shop.example>', 'c@customers.example', 's', 'b'),
       ('order', '<2@shop.example>', 'c@customers.example', 's', 'b')`,
  )
  await on.send('marketing')
  await on.send('order')
  expect(on.sentMails.map(({ messageId }) => messageId)).toEqual(['<2@shop.example>'])
  expect(await on.lanesWaiting()).toEqual([])
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
  await on.save('ada', ['marketing', 'sms-order', 'sms-marketing', 'push-order', 'push-marketing'], {
    phone: '+4915100000001',
  })
  await addPushSubscription(on.database.as('notification'), 'ada', {
    ...{ endpoint: 'https://push.example/1', p256dh: 'p', auth: 'a' },
  })
  await on.handle([statusChange('ada', 'SHIPPED'), recommendation('ada')])
  expect(await on.lanesWaiting()).toHaveLength(6)
  const takenMails: string[] = []
  for (const lane of ['order', 'marketing']) {
    const rows = await on.database.ask<{ lane: string; recipient: string }>('notification', previousTake, [
      lane,
      60,
      100,
    ])
    takenMails.push(...rows.map((row) => `${row.lane} ${row.recipient}`))
  }
  expect(takenMails).toEqual(['order ada@customers.example', 'marketing ada@customers.example'])
  for (const lane of ['sms-order', 'sms-marketing', 'push-order', 'push-marketing', 'order', 'marketing'] as const)
    await on.send(lane)
  expect(on.sentMails.map(({ lane }) => lane)).toEqual(['sms-order', 'sms-marketing', 'push-order', 'push-marketing'])
})

test('a number that has answered STOP loses its consents, unless it was changed meanwhile', async () => {
  const phones = { ada: '+4915100000001', bob: '+4915100000002' }
  for (const [customer, phone] of Object.entries(phones)) {
    await on.save(customer, ['sms-order', 'sms-marketing'], { phone })
    on.provider.stopped.add(phone)
  }
  await on.handle([statusChange('ada', 'SHIPPED'), statusChange('bob', 'SHIPPED')])
  const port = createSmsPort({ ...on.provider, from: 'Shop', timeoutMs: 30_000 })
  const mailer: Mailer = {
    ...port,
    send: async (mail) => {
      if (mail.customerId === 'bob') await on.save('bob', ['sms-order'], { phone: '+4915100000003' })
      await port.send(mail)
    },
  }
  await on.send('sms-order', { mailer })
  expect(Object.keys((await preferencesOf(on.database.as('notification'), 'ada')).consents)).toEqual([])
  expect(Object.keys((await preferencesOf(on.database.as('notification'), 'bob')).consents)).toEqual(['sms-order'])
  expect(on.provider.queued).toEqual([])
})

test('a browser that its push service no longer knows is deleted, and others stay', async () => {
  await on.save('ada', ['push-order'])
  for (const endpoint of ['https://push.example/1', 'https://push.example/2'])
    await addPushSubscription(on.database.as('notification'), 'ada', { endpoint, p256dh: 'p', auth: 'a' })
  await on.handle([statusChange('ada', 'SHIPPED')])
  const unknownAddress = { retry: false, outage: false, addressGone: true }
  const mailer: Mailer = {
    send: ({ recipient }) =>
      recipient.includes('/1')
        ? Promise.reject(new MessageRefusedError('PushRefused', '410', unknownAddress))
        : Promise.resolve(),
    close: () => undefined,
  }
  await on.send('push-order', { mailer })
  expect(await preferencesOf(on.database.as('notification'), 'ada')).toMatchObject({ browsers: 1 })
  expect(await dropPushSubscription(on.database.as('notification'), 'ada', 'https://push.example/2')).toBe(true)
})

test('an SMS goes to the number that the customer has when it is sent', async () => {
  await on.save('ada', ['sms-order'], { phone: '+4915100000001' })
  await on.handle([statusChange('ada', 'SHIPPED')])
  await on.save('ada', ['sms-order'], { phone: '+4915100000002' })
  await on.send('sms-order')
  expect(on.sentMails.map(({ recipient }) => recipient)).toEqual(['+4915100000002'])
})

test('a browser that was removed while its message waited gets nothing, and new keys count', async () => {
  await on.save('ada', ['push-order'])
  const endpoints = ['https://push.example/1', 'https://push.example/2']
  for (const endpoint of endpoints)
    await addPushSubscription(on.database.as('notification'), 'ada', { endpoint, p256dh: 'p', auth: 'a' })
  await on.handle([statusChange('ada', 'SHIPPED')])
  const [removed = '', renewed = ''] = endpoints
  await dropPushSubscription(on.database.as('notification'), 'ada', removed)
  await addPushSubscription(on.database.as('notification'), 'ada', { endpoint: renewed, p256dh: 'new', auth: 'b' })
  await on.send('push-order')
  expect(on.sentMails.map(({ recipient }) => JSON.parse(recipient) as unknown)).toEqual([
    { endpoint: renewed, p256dh: 'new', auth: 'b' },
  ])
  expect(await on.lanesWaiting()).toEqual(['order'])
})

test('saved settings replace those before, and a consent that stays keeps its time', async () => {
  const first = await on.save('ada', ['marketing', 'sms-order'], { phone: '+4915100000001', timeZone: 'Asia/Tokyo' })
  const second = await on.save('ada', ['marketing', 'push-order'], { quietHours: { from: '20:00', to: '09:00' } })
  expect(second).toEqual({
    consents: { marketing: first.consents.marketing, 'push-order': expect.any(String) as string },
    ...{ browsers: 0, quietHours: { from: '20:00', to: '09:00' } },
  })
  expect(await preferencesOf(on.database.as('notification'), 'ada')).toEqual(second)
  expect(await preferencesOf(on.database.as('notification'), 'nobody')).toEqual({ consents: {}, browsers: 0 })
})

test('of more than ten browsers the oldest is dropped', async () => {
  for (let n = 0; n < 12; n++)
    await addPushSubscription(on.database.as('notification'), 'ada', {
      ...{ endpoint: `https://push.example/${n}`, p256dh: 'p', auth: 'a' },
    })
  const rows = await on.database.ask<{ endpoint: string }>('notification', 'SELECT endpoint FROM push_subscriptions')
  expect(rows).toHaveLength(10)
  expect(rows.map(({ endpoint }) => endpoint)).toContain('https://push.example/11')
  expect(rows.map(({ endpoint }) => endpoint)).not.toContain('https://push.example/0')
})
