// Is mail off unless a server is named, and is half a configuration refused in words?
import { expect, test } from 'vitest'
import { mailOptions } from './config.ts'

test('without a mail server there is no mail', () => {
  expect(mailOptions({})).toBeUndefined()
})

test('with one, message ids carry the domain of the sender', () => {
  const env = { SMTP_URL: 'smtp://mail:25', MAIL_FROM: 'The shop <orders@shop.example>' }
  expect(mailOptions(env)).toMatchObject({
    url: 'smtp://mail:25',
    from: env.MAIL_FROM,
    addressing: { domain: 'shop.example', to: '{customerId}@customers.invalid' },
  })
})

test('a mail server without a sender is refused', () => {
  expect(() => mailOptions({ SMTP_URL: 'smtp://mail:25' })).toThrow('MAIL_FROM: found nothing; allowed: an address')
})
