// How is a mail handed to a mail server, and what does its answer mean?
import { createTransport } from 'nodemailer'
import type { Mail } from './mails.ts'

export interface SmtpOptions {
  readonly url: string
  readonly from: string
  readonly connections: number
  readonly timeoutMs: number
}

/** `retry`: it may be taken later; otherwise the server will never take this mail. */
export class MailRefused extends Error {
  override readonly name = 'MailRefused'
  readonly reason = 'MailRefused'
  readonly retry: boolean
  constructor(message: string, retry: boolean, options?: ErrorOptions) {
    super(message, options)
    this.retry = retry
  }
}

export interface Mailer {
  /** Resolves once the server has taken the mail over. @throws MailRefused */
  send(mail: Mail): Promise<void>
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
    send: async ({ messageId, recipient, subject, body }) => {
      try {
        await transport.sendMail({ messageId, from, to: recipient, subject, text: body })
      } catch (cause) {
        throw new MailRefused(cause instanceof Error ? cause.message : String(cause), !isForGood(cause), { cause })
      }
    },
    close: () => transport.close(),
  }
}

/** 5xx is the server's last word on this mail (RFC 5321); one on logging in is not about the mail. */
function isForGood(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  if ('code' in error && error.code === 'EAUTH') return false
  return 'responseCode' in error && typeof error.responseCode === 'number' && error.responseCode >= 500
}
