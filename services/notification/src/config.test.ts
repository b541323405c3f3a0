// Is mail off unless a server is named, and is half a configuration refused in words?
import { expect, test } from 'vitest'
import { mailConfig } from './config.ts'

test('sends no mail without a mail server', () => {
  expect(mailConfig({})).toBeUndefined()
})

test('takes the domain of message ids from the sender', () => {
  const env = { SMTP_URL: 'smtp://mail:25', MAIL_FROM: 'The shop <orders@shop.example>' }
  expect(mailConfig(env)).toMatchObject({
    url: 'smtp://mail:25',
    from: env.MAIL_FROM,
    addressing: { domain: 'shop.example', to: '{customerId}@customers.invalid' },
  })
})

test('refuses a mail server without a sender', () => {
  expect(() => mailConfig({ SMTP_URL: 'smtp://mail:25' })).toThrow('MAIL_FROM: found nothing; allowed: an address')
})
