// How is a mail sent to a mail server, and what does its answer mean?
import { createTransport } from 'nodemailer'
import type { Transporter } from 'nodemailer'
import { MessageRefusedError, withoutAddress } from './channels/refusal.ts'
import type { Verdict } from './channels/refusal.ts'
import { needsConsent } from './lanes.ts'
import type { Mail } from './mails.ts'
import { messageBytes, streamOf } from './message-bytes.ts'
import type { Unsubscription } from './unsubscribe-token.ts'

export interface SmtpOptions {
  readonly url: string
  readonly from: string
  readonly connections: number
  readonly timeoutMs: number
  /** The link that ends the consent to a mail. */
  readonly unsubscribeUrl?: ((consent: Unsubscription) => string) | undefined
}

/** A port of one channel. */
export interface Mailer {
  /**
   * Resolves once the other side has taken the message over. Aborted, it may have. @throws
   * MessageRefusedError
   */
  send(mail: Mail, signal?: AbortSignal): Promise<void>
  close(): void
}

export function createMailer({ url, from, connections, timeoutMs, unsubscribeUrl }: SmtpOptions): Mailer {
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
  const transfers = transfersOf(transport)
  return {
    send: async (mail, signal) => {
      const { messageId, recipient, subject } = mail
      const content = contentOf(mail, unsubscribeUrl)
      try {
        await transport.sendMail({ messageId, from, to: recipient, subject, ...content, ...(signal ? { signal } : {}) })
      } catch (cause) {
        const message = withoutAddress(cause instanceof Error ? cause.message : String(cause), recipient)
        // Without the cause, whose message and answer name the recipient.
        throw new MessageRefusedError('MailRefused', message, smtpVerdict(cause, transfers.has(messageId)))
      } finally {
        transfers.delete(messageId)
      }
    },
    close: () => transport.close(),
  }
}

/**
 * Message-IDs of the mails whose transfer has begun: the server has greeted us, and has accepted
 * the login. Only then does nodemailer ask for the stream of a mail, which is ours.
 */
function transfersOf(transport: Pick<Transporter, 'use'>): Set<string> {
  const transfers = new Set<string>()
  transport.use('stream', ({ data, message }, done) => {
    message.createReadStream = () => {
      transfers.add(String(data.messageId))
      return streamOf(() => messageBytes(message))
    }
    done()
  })
  return transfers
}

/**
 * A mail that needs consent says how to end it: to the reader, and to the mail program by RFC 2369
 * and, in one click, RFC 8058.
 */
export function contentOf({ lane, customerId, body }: Mail, unsubscribeUrl: SmtpOptions['unsubscribeUrl']) {
  if (!unsubscribeUrl || !needsConsent(lane) || typeof customerId !== 'string') return { text: body }
  const url = unsubscribeUrl({ lane, customerId })
  return {
    text: `${body}\n-- \nNo more mails like this: ${url}\n`,
    headers: { 'List-Unsubscribe': `<${url}>`, 'List-Unsubscribe-Post': 'List-Unsubscribe=One-Click' },
  }
}

/**
 * Error codes of nodemailer for failures before the transfer of the mail, and for a connection that
 * ends or is silent during the transfer.
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
export function smtpVerdict(error: unknown, transferBegan: boolean): Verdict {
  const failure: SmtpFailure = error instanceof Error ? (error as object) : {}
  const { code, responseCode } = failure
  if ((typeof code === 'string' && away.has(code)) || responseCode === closing)
    return { retry: true, outage: true, ...(transferBegan && isCut(failure) ? { perhapsOwn: true } : {}) }
  return { retry: !(typeof responseCode === 'number' && responseCode >= 500), outage: false }
}

interface SmtpFailure {
  readonly code?: unknown
  readonly responseCode?: unknown
  readonly timeoutType?: unknown
  /** The system's, where `code` is nodemailer's. */
  readonly originalCode?: unknown
}

/**
 * Whether a connection has gone silent or was cut: once the transfer has begun, what the server
 * thinks of a recipient or a text may be the reason, such as a filter that fails on it.
 */
function isCut({ code, timeoutType, originalCode }: SmtpFailure): boolean {
  if (code === 'ETIMEDOUT') return timeoutType === 'SOCKET_TIMEOUT'
  if (code === 'ECONNECTION') return originalCode === undefined
  return code === 'ESOCKET' && (originalCode === 'ECONNRESET' || originalCode === 'EPIPE')
}
