// Which channels has the notification stage besides mail, and when does marketing wait? By SMS_…,
// PUSH_… and QUIET_… variables; a channel is off without its first one.
import { ConfigError, variables } from '@orderpipeline/config'
import { z } from 'zod'
import type { SmsOptions } from './sms.ts'
import { vapidKey } from './vapid.ts'
import type { PushOptions } from './web-push.ts'
import { isTime, isTimeZone } from '../quiet-hours.ts'
import type { QuietHours } from '../quiet-hours.ts'
import { unsubscribeSecretBytes } from '../unsubscribe-token.ts'

function isVapidKey(text: string): boolean {
  try {
    return vapidKey(text).publicKey !== ''
  } catch {
    return false
  }
}

export const channelVariables = {
  /** SID of the account at Twilio, or at an SMS gateway with the same API; without it no SMS. */
  SMS_ACCOUNT: variables.text('the id of an account').optional(),
  SMS_TOKEN: variables.text('the secret of the account').optional(),
  /** A phone number, a sender's name, or the SID of a messaging service. */
  SMS_FROM: variables.text('a phone number, a name, or the id of a messaging service').optional(),
  SMS_URL: variables.url(['https', 'http']).default('https://api.twilio.com'),
  /** SMS a second, of each replica, orders first. */
  SMS_PER_SECOND: variables.number(0.01, 10_000).default(10),
  /** Whether SMS about orders wait for the end of quiet hours, too. */
  SMS_ORDERS_QUIET: variables.flag().default(false),
  /**
   * The shop's key for web push (VAPID), 32 octets as base64url; without it no push messages. The
   * page subscribes with its public key.
   */
  PUSH_PRIVATE_KEY: z.string().refine(isVapidKey).describe('a private key of P-256, 32 octets as base64url').optional(),
  /** A mailto: or https: address that the operator of a push service can write to. */
  PUSH_CONTACT: z
    .string()
    .regex(/^(mailto:[^@\s]+@[^@\s]+|https:\/\/\S+)$/)
    .describe('a mailto: or https: address')
    .optional(),
  /** Hosts of push services; customers name the address, so nothing else is called. */
  PUSH_HOSTS: variables
    .list()
    .default(['fcm.googleapis.com', '*.push.services.mozilla.com', '*.notify.windows.com', '*.push.apple.com']),
  PUSH_PER_SECOND: variables.number(0.01, 10_000).default(100),
  /** Mails a second, of each replica, orders first; by default as fast as the server takes them. */
  MAIL_PER_SECOND: variables.number(0.01, 100_000).optional(),
  /**
   * When marketing waits, in the customer's time zone or else in QUIET_TIME_ZONE: from-to, or none.
   */
  QUIET_HOURS: z
    .string()
    .refine((text) => text === 'none' || (text.split('-').length === 2 && text.split('-').every(isTime)))
    .describe('two times such as 21:00-08:00, or none')
    .default('21:00-08:00'),
  QUIET_TIME_ZONE: z.string().refine(isTimeZone).describe('a time zone such as Europe/Berlin').default('UTC'),
  /** Messages of one marketing lane that wait at most; further ones are dropped and counted. */
  MARKETING_MAX_WAITING: variables.integer(1, 10_000_000).default(100_000),
  /** The gateway's public URL, for the link that ends a consent; it is in every marketing mail. */
  UNSUBSCRIBE_URL: variables.url(['https', 'http']).optional(),
  /** Signs that link; the gateway has the same. */
  UNSUBSCRIBE_SECRET: z
    .string()
    .refine((value) => Buffer.byteLength(value) >= unsubscribeSecretBytes)
    .describe(`a secret of at least ${unsubscribeSecretBytes} bytes`)
    .optional(),
}

export type ChannelVariables = z.output<z.ZodObject<typeof channelVariables>>

export interface ChannelOptions {
  readonly sms?: (Omit<SmsOptions, 'timeoutMs'> & { readonly perSecond: number }) | undefined
  readonly push?: (Omit<PushOptions, 'timeoutMs' | 'now'> & { readonly perSecond: number }) | undefined
  readonly quietHours?: QuietHours | undefined
  readonly quietOrderSms: boolean
  readonly marketingMaxWaiting: number
  readonly unsubscribe?: { readonly url: string; readonly secret: string } | undefined
}

/** @throws ConfigError that names each variable that is missing */
export function channelOptions(config: ChannelVariables): ChannelOptions {
  const problems: string[] = []
  const requireValue = <T>(name: keyof ChannelVariables, value: T | undefined, by: string): T | undefined => {
    if (value === undefined) problems.push(`${name}: found nothing; ${by} needs it`)
    return value
  }
  const sms = config.SMS_ACCOUNT === undefined ? undefined : smsOf(config, config.SMS_ACCOUNT, requireValue)
  const push = config.PUSH_PRIVATE_KEY === undefined ? undefined : pushOf(config, config.PUSH_PRIVATE_KEY, requireValue)
  const { UNSUBSCRIBE_URL: url, UNSUBSCRIBE_SECRET: secret } = config
  if (url !== undefined) requireValue('UNSUBSCRIBE_SECRET', secret, 'UNSUBSCRIBE_URL')
  if (secret !== undefined) requireValue('UNSUBSCRIBE_URL', url, 'UNSUBSCRIBE_SECRET')
  if (problems.length > 0) throw new ConfigError(problems)
  const [from = '', to = ''] = config.QUIET_HOURS.split('-')
  return {
    sms,
    push,
    quietHours: config.QUIET_HOURS === 'none' ? undefined : { timeZone: config.QUIET_TIME_ZONE, from, to },
    quietOrderSms: config.SMS_ORDERS_QUIET,
    marketingMaxWaiting: config.MARKETING_MAX_WAITING,
    unsubscribe: url === undefined || secret === undefined ? undefined : { url: url.replace(/\/$/, ''), secret },
  }
}

type RequireValue = <T>(name: keyof ChannelVariables, value: T | undefined, by: string) => T | undefined

function smsOf(config: ChannelVariables, account: string, requireValue: RequireValue): ChannelOptions['sms'] {
  const token = requireValue('SMS_TOKEN', config.SMS_TOKEN, 'SMS_ACCOUNT') ?? ''
  const from = requireValue('SMS_FROM', config.SMS_FROM, 'SMS_ACCOUNT') ?? ''
  return { url: config.SMS_URL, account, token, from, perSecond: config.SMS_PER_SECOND }
}

function pushOf(config: ChannelVariables, privateKey: string, requireValue: RequireValue): ChannelOptions['push'] {
  const subject = requireValue('PUSH_CONTACT', config.PUSH_CONTACT, 'PUSH_PRIVATE_KEY') ?? ''
  return { vapid: vapidKey(privateKey), subject, hosts: config.PUSH_HOSTS, perSecond: config.PUSH_PER_SECOND }
}
