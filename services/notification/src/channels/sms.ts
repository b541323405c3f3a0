// How is an SMS sent? By Twilio's Messages resource, or a gateway that has the same: one request
// with the account's id and token, answered with 201 once the message is queued.
import { isMarketing } from '../lanes.ts'
import type { Mail } from '../mails.ts'
import type { Mailer } from '../smtp.ts'
import { httpVerdict, MessageRefusedError, unanswered, withoutAddress } from './refusal.ts'
import type { Verdict } from './refusal.ts'
import { post } from './request.ts'

export interface SmsOptions {
  /** Without a path: https://api.twilio.com. */
  readonly url: string
  readonly account: string
  readonly token: string
  /** A phone number, a sender's name, or the id of a messaging service (MG…). */
  readonly from: string
  readonly timeoutMs: number
}

/** Ten segments of an SMS; Twilio refuses more (error 21617). */
const longestText = 1_600
/** The provider handles the answer, and refuses further messages with error 21610. */
const stop = ' Reply STOP to end.'

export function createSmsPort({ url, account, token, from, timeoutMs }: SmsOptions): Mailer {
  const address = `${url.replace(/\/$/, '')}/2010-04-01/Accounts/${account}/Messages.json`
  const headers = {
    authorization: `Basic ${Buffer.from(`${account}:${token}`).toString('base64')}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const sender = /^MG[0-9a-f]{32}$/i.test(from) ? 'MessagingServiceSid' : 'From'
  return {
    send: async ({ lane, recipient, body }: Mail, signal) => {
      const text = isMarketing(lane) ? `${body.slice(0, longestText - stop.length)}${stop}` : body.slice(0, longestText)
      const form = new URLSearchParams({ To: recipient, [sender]: from, Body: text })
      const { status, text: answer } = await post(
        { url: address, headers, body: form.toString(), timeoutMs, signal },
        'SmsRefused',
      )
      if (status === 201 || status === 200) return
      const { code, message } = answerOf(answer)
      const detail = withoutAddress(`${status} ${code ?? ''} ${message}`, recipient)
      throw new MessageRefusedError('SmsRefused', detail, smsVerdict(status, code))
    },
    close: () => undefined,
  }
}

/**
 * Error codes as Twilio documents them. The recipient has answered STOP (21610), or the number is
 * none that takes an SMS (21211, 21614).
 */
const goneCodes = new Set([21211, 21610, 21614])
/**
 * The queue of the sender is full (21611), too many requests (20429), or the sender that the shop
 * has configured is wrong (21212, 21703, 21705).
 */
const laterCodes = new Set([20429, 21212, 21611, 21703, 21705])
/** Answers about the account, its balance or SMS_URL: every message would get them. */
const outageStatuses = new Set([402, 404, 405])

export function smsVerdict(status: number, code: number | undefined): Verdict {
  if (code !== undefined && laterCodes.has(code)) return { retry: true, outage: true }
  if (code !== undefined && goneCodes.has(code)) return { retry: false, outage: false, addressGone: true }
  if ((status >= 300 && status < 400) || outageStatuses.has(status)) return { retry: true, outage: true }
  // The API takes no idempotency key, and only 503 says that the message was not queued.
  if (status === 408 || (status >= 500 && status !== 503)) return unanswered
  return httpVerdict(status)
}

function answerOf(text: string): { readonly code: number | undefined; readonly message: string } {
  try {
    const value: unknown = JSON.parse(text)
    const { code, message } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>
    return {
      code: typeof code === 'number' ? code : undefined,
      message: typeof message === 'string' ? message : '',
    }
  } catch {
    return { code: undefined, message: text.slice(0, 200) }
  }
}
