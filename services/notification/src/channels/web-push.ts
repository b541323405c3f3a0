// How is a push message sent to a browser (RFC 8030)? Encrypted, to the push service that the
// browser has named, and only to services that the shop allows: a customer chooses the address.
import { Buffer } from 'node:buffer'
import type { Mail } from '../mails.ts'
import type { Mailer } from '../smtp.ts'
import { isMarketing } from '../lanes.ts'
import { encryptPush, longestPushText } from './push-encryption.ts'
import { httpVerdict, MessageRefusedError, withoutAddress } from './refusal.ts'
import type { Verdict } from './refusal.ts'
import { post } from './request.ts'
import { vapidAuthorization } from './vapid.ts'
import type { VapidKey } from './vapid.ts'

export interface PushOptions {
  readonly vapid: VapidKey
  /** A mailto: or https: address, for the operator of a push service. */
  readonly subject: string
  /** Hosts of push services; `*.` in front stands for any subdomain. */
  readonly hosts: readonly string[]
  readonly timeoutMs: number
  readonly now: () => Date
}

/** As the queue stores it: the recipient of a push message. */
export interface PushSubscription {
  readonly endpoint: string
  readonly p256dh: string
  readonly auth: string
}

const hour = 3_600

export function createPushPort({ vapid, subject, hosts, timeoutMs, now }: PushOptions): Mailer {
  return {
    send: async (message: Mail, signal) => {
      const subscription = subscriptionOf(message.recipient)
      if (!isAllowedEndpoint(subscription.endpoint, hosts))
        throw refused(`${hostOf(subscription.endpoint)} is no push service that PUSH_HOSTS allows`, notAllowed)
      const marketing = isMarketing(message.lane)
      const body = encrypted(message, subscription)
      const { status, text } = await post(
        {
          url: subscription.endpoint,
          headers: {
            authorization: vapidAuthorization(subscription.endpoint, subject, vapid, now()),
            'content-encoding': 'aes128gcm',
            'content-type': 'application/octet-stream',
            // How long the service keeps it for a browser that is away.
            ttl: String(marketing ? 4 * hour : 48 * hour),
            urgency: marketing ? 'low' : 'normal',
          },
          body,
          timeoutMs,
          signal,
        },
        'PushRefused',
      )
      if (status >= 200 && status < 300) return
      const detail = withoutAddress(text.slice(0, 200), new URL(subscription.endpoint).pathname)
      throw refused(`${status} ${detail}`, pushVerdict(status))
    },
    close: () => undefined,
  }
}

/** The browser stays: a mistake in PUSH_HOSTS must not delete those of all customers. */
const notAllowed: Verdict = { retry: false, outage: false }
const goneForGood: Verdict = { retry: false, outage: false, addressGone: true }

/** 404 and 410: the subscription has expired, or the customer has withdrawn it in the browser. */
export function pushVerdict(status: number): Verdict {
  return status === 404 || status === 410 ? goneForGood : httpVerdict(status)
}

export function isAllowedEndpoint(endpoint: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(endpoint)) return false
  const { protocol, host, username, password } = new URL(endpoint)
  if (protocol !== 'https:' || username !== '' || password !== '') return false
  return hosts.some((allowed) => (allowed.startsWith('*.') ? host.endsWith(allowed.slice(1)) : host === allowed))
}

function hostOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).host : 'an address that is no URL'
}

function refused(message: string, verdict: Verdict): MessageRefusedError {
  return new MessageRefusedError('PushRefused', message, verdict)
}

export function subscriptionOf(recipient: string): PushSubscription {
  return JSON.parse(recipient) as PushSubscription
}

/** What the page's service worker gets. */
function encrypted({ subject, body, messageId }: Mail, subscription: PushSubscription): Buffer<ArrayBuffer> {
  const content = (text: string) => Buffer.from(JSON.stringify({ title: subject, body: text, tag: messageId }))
  const whole = content(body)
  try {
    // A cut in the middle of a character is at most 3 octets longer than the part that is kept.
    return encryptPush(whole.length <= longestPushText ? whole : content(body.slice(0, 500)), subscription)
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause
    throw new MessageRefusedError('PushRefused', cause.message, goneForGood, { cause })
  }
}
