// How do mails come in? By SMTP, from every client that reaches the port, for every recipient. None
// is sent on.
import { randomUUID } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { SMTPServerSession } from 'smtp-server'
import type { Logger } from '@orderpipeline/process'
import type { BoundedStore } from '../bounded-store.ts'
import { caughtMail } from './mail.ts'
import type { CaughtMail, Envelope } from './mail.ts'

export interface SmtpOptions {
  readonly port: number
  readonly host: string
  readonly mails: BoundedStore<CaughtMail>
  readonly now: () => Date
  readonly logger: Logger
}

export interface SmtpServer {
  readonly port: number
  close(): Promise<void>
}

/** A larger mail is refused with 552. */
const largestMail = 1_048_576
const connectionsAtMost = 100
/** A connection that is silent for longer is closed. */
const silenceMs = 60_000
const closeMs = 2_000

export async function startSmtp({ port, host, mails, now, logger }: SmtpOptions): Promise<SmtpServer> {
  const server = new SMTPServer({
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    logger: false,
    size: largestMail,
    maxClients: connectionsAtMost,
    socketTimeout: silenceMs,
    closeTimeout: closeMs,
    onData: (stream, session, callback) => {
      const chunks: Buffer[] = []
      // Beyond the bound the bytes are read, as the protocol demands, and dropped.
      stream.on('data', (chunk: Buffer) => void (stream.sizeExceeded || chunks.push(chunk)))
      stream.on('end', () => {
        if (stream.sizeExceeded) return callback(refusal(552, `a mail has at most ${largestMail} bytes`))
        const raw = Buffer.concat(chunks)
        const mail = caughtMail(randomUUID(), now(), envelopeOf(session), raw)
        mails.put(mail.id, mail, raw.length)
        callback()
      })
    },
  })
  // A client that ends in the middle of a mail is no error of ours.
  server.on('error', (error) => logger.debug({ error }, 'a connection of a mail client ended'))
  await new Promise<void>((resolve, reject) => {
    server.server.once('error', reject)
    server.listen(port, host, resolve)
  })
  return {
    port: (server.server.address() as AddressInfo).port,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
}

function envelopeOf({ envelope }: SMTPServerSession): Envelope {
  const { mailFrom, rcptTo } = envelope
  return { from: mailFrom === false ? '' : mailFrom.address, to: rcptTo.map(({ address }) => address) }
}

function refusal(responseCode: number, message: string): Error {
  return Object.assign(new Error(message), { responseCode })
}
