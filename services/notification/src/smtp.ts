// How is a mail sent to a mail server, and what does its answer mean?
import { createTransport } from 'nodemailer'
import type { Mail } from './mails.ts'

export interface SmtpOptions {
  readonly url: string
  readonly from: string
  readonly connections: number
  readonly timeoutMs: number
}

/**
 * `retry`: the server may take it later; otherwise it will never take this mail. `outage`: the
 * server did not decide on this mail: no connection, no answer in time, no login.
 */
export class MailRefusedError extends Error {
  override readonly name = 'MailRefusedError'
  readonly reason = 'MailRefused'
  readonly retry: boolean
  readonly outage: boolean
  constructor(message: string, verdict: { readonly retry: boolean; readonly outage: boolean }, options?: ErrorOptions) {
    super(message, options)
    this.retry = verdict.retry
    this.outage = verdict.outage
  }
}

export interface Mailer {
  /**
   * Resolves once the server has taken the mail over. Aborted, it may have. @throws
   * MailRefusedError
   */
  send(mail: Mail, signal?: AbortSignal): Promise<void>
  close(): void
}

export function createMailer({ url, from, connections, timeoutMs }: SmtpOptions): Mailer {
  const transport = createTransport({
    url,
    pool: true,
    maxConnections: connections,
    maxMessages: 1_000,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    dnsTimeout: timeoutMs,
  })
  return {
    send: async ({ messageId, recipient, subject, body }, signal) => {
      try {
        await transport.sendMail({ messageId, from, to: recipient, subject, text: body, ...(signal ? { signal } : {}) })
      } catch (cause) {
        throw new MailRefusedError(cause instanceof Error ? cause.message : String(cause), smtpVerdict(cause), {
          cause,
        })
      }
    },
    close: () => transport.close(),
  }
}

/**
 * Error codes of nodemailer for failures before the transfer of the mail; a time-out during the
 * transfer says as little about the mail.
 */
const away = new Set([
  ...['ECONNECTION', 'ESOCKET', 'ETIMEDOUT', 'EDNS', 'EPROXY', 'ETLS', 'EREQUIRETLS', 'EPROTOCOL'],
  ...['EAUTH', 'ENOAUTH', 'EOAUTH2', 'EABORT'],
])
/** The server is about to stop, whatever the command was. */
const closing = 421

/**
 * A server's answer to a mail counts: 5xx is final (RFC 5321). Its greeting and its answer to a
 * login are not about the mail.
 */
export function smtpVerdict(error: unknown): { readonly retry: boolean; readonly outage: boolean } {
  const { code, responseCode } = error instanceof Error ? (error as { code?: unknown; responseCode?: unknown }) : {}
  if ((typeof code === 'string' && away.has(code)) || responseCode === closing) return { retry: true, outage: true }
  return { retry: !(typeof responseCode === 'number' && responseCode >= 500), outage: false }
}
