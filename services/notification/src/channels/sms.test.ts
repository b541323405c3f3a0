// Does an SMS leave as Twilio documents it, and is each answer understood?
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { startSmsServer } from '../../test/sms-server.ts'
import type { SmsServer } from '../../test/sms-server.ts'
import type { Mail } from '../mails.ts'
import { MessageRefusedError } from './refusal.ts'
import { createSmsPort } from './sms.ts'
import type { SmsOptions } from './sms.ts'

let server: SmsServer
beforeAll(async () => {
  server = await startSmsServer()
})
afterAll(() => server.close())
beforeEach(() => {
  server.queued.length = 0
  server.faults.length = 0
})

const phone = '+4915112345678'
function port(more: Partial<SmsOptions> = {}) {
  const { url, account, token } = server
  return createSmsPort({ url, account, token, from: 'Shop', timeoutMs: 30_000, ...more })
}
function message(more: Partial<Mail> = {}): Mail {
  return { lane: 'sms-order', messageId: 'sms:1', recipient: phone, subject: 's', body: 'It is on its way.', ...more }
}
async function refusalOf(sending: Promise<void>): Promise<MessageRefusedError> {
  const error = await sending.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  if (!(error instanceof MessageRefusedError)) throw new Error('expected a MessageRefusedError', { cause: error })
  return error
}

test('queues a message from a name or a messaging service', async () => {
  await port().send(message())
  const service = `MG${'0'.repeat(32)}`
  await port({ from: service }).send(message())
  expect(server.queued).toEqual([
    { to: phone, from: 'Shop', body: 'It is on its way.' },
    { to: phone, from: service, body: 'It is on its way.' },
  ])
})

test('ends a marketing message with how to end them, within the longest text', async () => {
  await port().send(message({ lane: 'sms-marketing', body: 'x'.repeat(5_000) }))
  expect(server.queued[0]?.body).toMatch(/x Reply STOP to end\.$/)
  expect(server.queued[0]?.body).toHaveLength(1_600)
})

test('a number that cannot be reached any more is final, and named as gone', async () => {
  server.stopped.add('+4915100000000')
  for (const recipient of ['+4915100000000', 'nobody'])
    expect(await refusalOf(port().send(message({ recipient })))).toMatchObject({
      reason: 'SmsRefused',
      ...{ retry: false, outage: false, addressGone: true },
    })
})

test('a wrong login, a limit and a failure of the provider are no refusal of the message', async () => {
  const outage = { retry: true, outage: true, addressGone: false }
  expect(await refusalOf(port({ token: 'wrong' }).send(message()))).toMatchObject(outage)
  expect(await refusalOf(port({ account: 'AC0' }).send(message()))).toMatchObject(outage)
  for (const status of [302, 402, 404, 429, 503]) {
    server.faults.push(status)
    expect(await refusalOf(port().send(message())), String(status)).toMatchObject(outage)
  }
  const closed = await startSmsServer()
  await closed.close()
  expect(await refusalOf(port({ url: closed.url }).send(message()))).toMatchObject(outage)
})

test('a message that may have been sent is no outage, in which it would be sent again without end', async () => {
  const unanswered = { retry: true, outage: false, unanswered: true }
  for (const fault of ['drop', 408, 500, 502, 504] as const) {
    server.faults.push(fault)
    expect(await refusalOf(port().send(message())), String(fault)).toMatchObject(unanswered)
  }
})

test('takes a time-out that is no whole number of milliseconds', async () => {
  await port({ timeoutMs: 16_100.000_000_000_002 }).send(message())
  expect(server.queued).toHaveLength(1)
})

test('an answer without an end is left after a bounded part', async () => {
  server.faults.push('endless')
  await port().send(message())
  expect(await server.endless).toBeLessThan(16_000_000)
})

test('what the provider says about a number does not say which', async () => {
  const error = await refusalOf(port().send(message({ recipient: '+0123456' })))
  expect(error.message).toContain(`Invalid 'To' Phone Number`)
  expect(error.message).not.toContain('0123456')
})

test('an answer that ends after its head still says that the message is queued', async () => {
  server.faults.push('cut')
  await port().send(message())
  expect(server.queued).toHaveLength(1)
})

test('a text that the provider refuses is given up, and its number is kept', async () => {
  const verdict = { retry: false, outage: false, addressGone: false }
  expect(await refusalOf(port().send(message({ body: '' })))).toMatchObject(verdict)
})

test('a provider that does not answer is waited for only so long', async () => {
  const never = new AbortController()
  const sending = refusalOf(port().send(message(), never.signal))
  never.abort()
  expect(await sending).toMatchObject({ unanswered: true })
  expect(await refusalOf(port().send(message(), never.signal))).toMatchObject({ outage: true, unanswered: false })
})
