// Does a marketing mail reach a mail server with the headers of RFC 8058 as a mail program reads
// them, and a mail about an order without?
import { afterAll, beforeAll, expect, test } from 'vitest'
import { mailServer } from '@orderpipeline/test-support/mail-server'
import type { MailServer } from '@orderpipeline/test-support/mail-server'
import type { Mail } from '../src/mails.ts'
import { createMailer } from '../src/smtp.ts'
import { readUnsubscribeToken, unsubscribeToken } from '../src/unsubscribe-token.ts'

let server: MailServer
beforeAll(async () => {
  server = await mailServer()
})
afterAll(() => server.close())

const secret = 's'.repeat(32)
const customerId = `ö.${'x'.repeat(50)}@home.example`
function mail(lane: 'order' | 'marketing'): Mail {
  const about = { lane, customerId, messageId: `<${lane}@shop.example>`, recipient: 'c@customers.example' }
  return { ...about, subject: 'You may like this too', body: 'Hello,\n' }
}

/** By name; a line that begins with a blank goes on with the one before. */
function headersOf(text: string): ReadonlyMap<string, string> {
  const head = (text.split(/\r?\n\r?\n/)[0] ?? '').replace(/\r?\n[ \t]+/g, ' ')
  return new Map(head.split(/\r?\n/).map((line) => [line.split(':')[0] ?? '', line.replace(/^[^:]*:\s*/, '')]))
}

test('a mail program reads the link of a marketing mail, and finds none in a mail about an order', async () => {
  const mailer = createMailer({
    ...{ url: server.url, from: 'shop@shop.example', connections: 1, timeoutMs: 30_000 },
    unsubscribeUrl: (consent) => `https://shop.example/v1/unsubscribe?token=${unsubscribeToken(consent, secret)}`,
  })
  await mailer.send(mail('marketing'))
  await mailer.send(mail('order'))
  mailer.close()
  const [marketing, order] = server.received.map(({ text }) => headersOf(text))
  expect(marketing?.get('List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click')
  const [, token = ''] =
    /^<https:\/\/shop\.example\/v1\/unsubscribe\?token=([\w.-]+)>$/.exec(marketing?.get('List-Unsubscribe') ?? '') ?? []
  expect(readUnsubscribeToken(token, secret)).toEqual({ customerId, lane: 'marketing' })
  expect([...(order?.keys() ?? [])].filter((name) => name.startsWith('List-'))).toEqual([])
})
