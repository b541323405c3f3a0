// What is shown of a mail? Who it is from and to, and its text; HTML as source and never as a page,
// and of attachments only the name and the size. It is read when it is first looked at: under load
// nearly all mails are dropped for newer ones before that. Pure.
import PostalMime from 'postal-mime'

export interface Mail {
  readonly id: string
  readonly receivedAt: string
  /** The envelope's, which a mail's own headers need not repeat. */
  readonly from: string
  readonly to: readonly string[]
  readonly subject: string
  readonly messageId: string | undefined
  readonly text: string | undefined
  readonly html: string | undefined
  readonly attachments: readonly { readonly name: string; readonly bytes: number }[]
  readonly headers: Readonly<Record<string, string>>
}

export interface Envelope {
  readonly from: string
  readonly to: readonly string[]
}

/** A mail as it came in. */
export interface CaughtMail extends Envelope {
  readonly id: string
  /** Reads it, once. One that cannot be read is its source, with the reason as its subject. */
  readonly read: () => Promise<Mail>
}

export function caughtMail(id: string, receivedAt: Date, envelope: Envelope, raw: Buffer): CaughtMail {
  let content: Buffer | Promise<Mail> = raw
  return {
    ...{ id, ...envelope },
    read: () => {
      if (Buffer.isBuffer(content)) content = mailOf(id, receivedAt, envelope, content)
      return content
    },
  }
}

async function mailOf(id: string, receivedAt: Date, envelope: Envelope, raw: Buffer): Promise<Mail> {
  const about = { id, receivedAt: receivedAt.toISOString(), ...envelope }
  try {
    return { ...about, ...(await contentOf(raw)) }
  } catch (error) {
    const subject = `It cannot be read: ${error instanceof Error ? error.message : String(error)}`
    const nothing = { messageId: undefined, html: undefined, attachments: [], headers: {} }
    return { ...about, ...nothing, subject, text: raw.toString() }
  }
}

type Content = Omit<Mail, 'id' | 'receivedAt' | keyof Envelope>

async function contentOf(raw: Buffer): Promise<Content> {
  const { subject = '', messageId, text, html, attachments, headers } = await new PostalMime().parse(raw)
  return {
    ...{ subject, messageId, text, html },
    attachments: attachments.map(({ filename, content }) => ({ name: filename ?? '', bytes: bytesOf(content) })),
    headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
  }
}

function bytesOf(content: ArrayBuffer | Uint8Array | string): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength
}
