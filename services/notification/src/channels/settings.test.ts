// Is a channel off unless it is named, and is half a configuration refused in words?
import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { mailConfig } from '../config.ts'

const mail = { SMTP_URL: 'smtp://mail:25', MAIL_FROM: 'orders@shop.example' }
const sms = { SMS_ACCOUNT: 'AC1', SMS_TOKEN: 'secret', SMS_FROM: 'Shop' }
const push = { PUSH_PRIVATE_KEY: randomBytes(32).toString('base64url'), PUSH_CONTACT: 'mailto:shop@shop.example' }

test('has mail alone by default, quiet at night, without a link', () => {
  expect(mailConfig(mail)).toMatchObject({
    ...{ sms: undefined, push: undefined, unsubscribe: undefined, mailsPerSecond: undefined },
    ...{ quietHours: { timeZone: 'UTC', from: '21:00', to: '08:00' }, quietOrderSms: false },
  })
  expect(mailConfig({ ...mail, QUIET_HOURS: 'none' })?.quietHours).toBeUndefined()
})

test('takes a channel with all that belongs to it', () => {
  expect(mailConfig({ ...mail, ...sms, ...push })).toMatchObject({
    sms: { url: 'https://api.twilio.com', account: 'AC1', token: 'secret', from: 'Shop', perSecond: 10 },
    push: { subject: 'mailto:shop@shop.example', hosts: expect.arrayContaining(['fcm.googleapis.com']) as string[] },
  })
  const unsubscribe = { UNSUBSCRIBE_URL: 'https://shop.example/', UNSUBSCRIBE_SECRET: 's'.repeat(32) }
  expect(mailConfig({ ...mail, ...unsubscribe })?.unsubscribe?.url).toBe('https://shop.example')
})

test.each([
  [{ ...mail, SMS_ACCOUNT: 'AC1' }, 'SMS_TOKEN: found nothing; SMS_ACCOUNT needs it'],
  [{ ...mail, ...push, PUSH_CONTACT: undefined }, 'PUSH_CONTACT: found nothing; PUSH_PRIVATE_KEY needs it'],
  [{ ...mail, ...push, PUSH_PRIVATE_KEY: 'short' }, 'PUSH_PRIVATE_KEY'],
  [sms, 'SMTP_URL: found nothing; SMS_ACCOUNT needs it'],
  [{ ...mail, QUIET_HOURS: '21-8' }, 'QUIET_HOURS'],
  [{ ...mail, QUIET_TIME_ZONE: 'Mars/Olympus' }, 'QUIET_TIME_ZONE'],
  [{ ...mail, UNSUBSCRIBE_URL: 'https://shop.example' }, 'UNSUBSCRIBE_SECRET: found nothing; UNSUBSCRIBE_URL needs it'],
  [{ ...mail, UNSUBSCRIBE_SECRET: 'short' }, 'UNSUBSCRIBE_SECRET'],
])('refuses %o', (env, text) => {
  expect(() => mailConfig(env)).toThrow(text)
})
