// What is the notification stage given besides what every stage is? Without SMTP_URL its log is the
// only sink.
import { ConfigError, readConfig, variables } from '@orderpipeline/config'
import type { Environment } from '@orderpipeline/config'
import { z } from 'zod'
import { channelOptions, channelVariables } from './channels/settings.ts'
import type { ChannelOptions } from './channels/settings.ts'
import type { Addressing } from './mails.ts'
import type { SmtpOptions } from './smtp.ts'

const schema = z.object({
  /**
   * smtp://user:password@host:port; smtps:// for TLS from the first byte, otherwise STARTTLS where
   * the server offers it.
   */
  SMTP_URL: variables.url(['smtp', 'smtps']).optional(),
  MAIL_FROM: variables.text('an address').optional(),
  /** {customerId} is replaced by the customer's id. */
  MAIL_TO: variables.text('an address with {customerId} in it').default('{customerId}@customers.invalid'),
  /**
   * Connections to the mail server for order mails, and as many for marketing mails, of this
   * replica.
   */
  MAIL_CONNECTIONS: variables.integer(1, 100).default(2),
  MAIL_TIMEOUT_SECONDS: variables.number(0.1, 300).default(20),
  MAIL_ATTEMPTS: variables.integer(1, 1_000).default(20),
  /** How long a mail waits for an unavailable mail server; RFC 5321 asks for four or five days. */
  MAIL_KEEP_HOURS: variables.number(0.001, 8_760).default(120),
  /**
   * A recommendation that waited longer than this gets no mail; by default all get one. A stage
   * that is late catches up with the mails about orders first.
   */
  MAIL_MARKETING_MAX_AGE_SECONDS: variables.number(1, 604_800).optional(),
  MAIL_CHECK_SECONDS: variables.number(0.05, 300).default(1),
  ...channelVariables,
})

export interface MailOptions extends SmtpOptions, ChannelOptions {
  readonly addressing: Addressing
  /** Refusals of one mail before it is given up. */
  readonly attempts: number
  /** How long the mail server may be unavailable before a mail is given up. */
  readonly keepSeconds: number
  readonly everySeconds: number
  /** Recommendations that waited longer get no mail. */
  readonly marketingMaxAgeSeconds?: number | undefined
  /** By default as fast as the mail server takes them. */
  readonly mailsPerSecond?: number | undefined
}

/** `undefined`: no mail. @throws ConfigError */
export function mailConfig(env: Environment): MailOptions | undefined {
  const config = readConfig(schema, env)
  const channels = channelOptions(config)
  if (config.SMTP_URL === undefined) {
    const other = channels.sms ? 'SMS_ACCOUNT' : channels.push ? 'PUSH_PRIVATE_KEY' : undefined
    if (other === undefined) return undefined
    throw new ConfigError([`SMTP_URL: found nothing; ${other} needs it, since every customer gets mails about orders`])
  }
  const domain = config.MAIL_FROM?.split('@')[1]?.replace(/>.*$/, '')
  if (config.MAIL_FROM === undefined || domain === undefined || domain === '')
    throw new ConfigError([
      `MAIL_FROM: found ${config.MAIL_FROM ?? 'nothing'}; allowed: an address, since SMTP_URL is set`,
    ])
  return {
    url: config.SMTP_URL,
    from: config.MAIL_FROM,
    connections: config.MAIL_CONNECTIONS,
    timeoutMs: config.MAIL_TIMEOUT_SECONDS * 1_000,
    addressing: { domain, to: config.MAIL_TO },
    attempts: config.MAIL_ATTEMPTS,
    keepSeconds: config.MAIL_KEEP_HOURS * 3_600,
    everySeconds: config.MAIL_CHECK_SECONDS,
    marketingMaxAgeSeconds: config.MAIL_MARKETING_MAX_AGE_SECONDS,
    mailsPerSecond: config.MAIL_PER_SECOND,
    ...channels,
  }
}
