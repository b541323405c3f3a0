// Does a mail reach the mail server in the form that nodemailer itself gives it, whatever its text?
import { createTransport } from 'nodemailer'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailServer } from '@orderpipeline/test-support/mail-server'
import type { MailServer } from '@orderpipeline/test-support/mail-server'
import type { Mail } from '../src/mails.ts'
import { contentOf, createMailer } from '../src/smtp.ts'

let server: MailServer
beforeAll(async () => {
  server = await mailServer()
})
afterAll(() => server.close())

const from = 'Größe & Söhne <shop@shop.example>'
function unsubscribeUrl(): string {
  return `https://shop.example/v1/unsubscribe?token=${'t'.repeat(300)}`
}

test.each([
  ['order', 'Your order 1A2B3C4D is on its way', 'Hello,\n\nyour order has left our house.\n'],
  ['order', 'Größe 42 – verschickt 🎉', `Grüße,\n${'ein langer Satz über Tee, '.repeat(20)}\n`],
  ['order', 'ご注文の商品を発送しました', 'ご注文の商品を発送しました。\n'.repeat(50)],
  ['order', '.', '.\n..\n.hidden\r\n.\n'],
  ['order', 'without a last break', '.'],
  ['order', 'large', `${'x'.repeat(70)}\n`.repeat(3_000)],
  ['marketing', 'You may like this too', 'Hello,\n\n  SKU-0002\n'],
] as const)('a mail of the lane %s: %s', async (lane, subject, body) => {
  const mail: Mail = {
    ...{ lane, subject, body, customerId: 'c-1', recipient: 'ö.c-1@customers.example' },
    messageId: '<1@shop.example>',
  }
  const { messageId, recipient: to } = mail
  const transport = createTransport(server.url)
  await transport.sendMail({ ...{ messageId, from, to, subject }, ...contentOf(mail, unsubscribeUrl) })
  transport.close()
  const mailer = createMailer({ url: server.url, from, connections: 1, timeoutMs: 30_000, unsubscribeUrl })
  await mailer.send(mail)
  mailer.close()
  const [expected = '', actual = ''] = server.received.slice(-2).map(({ text }) => text.replace(/^Date: .*$/m, 'Date'))
  expect(expected).toContain('Date\r\n')
  expect(actual).toBe(expected)
})
