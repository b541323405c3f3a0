// What is kept of a mail? Who it is from and to, and its text; HTML is kept as source and never
// shown as a page, and of attachments only the name and the size. Pure.
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

export async function mailOf(id: string, receivedAt: Date, envelope: Envelope, raw: Buffer): Promise<Mail> {
  const { subject = '', messageId, text, html, attachments, headers } = await new PostalMime().parse(raw)
  return {
    ...{ id, receivedAt: receivedAt.toISOString(), ...envelope, subject, messageId, text, html },
    attachments: attachments.map(({ filename, content }) => ({ name: filename ?? '', bytes: bytesOf(content) })),
    headers: Object.fromEntries(headers.map(({ key, value }) => [key, value])),
  }
}

function bytesOf(content: ArrayBuffer | Uint8Array | string): number {
  return typeof content === 'string' ? Buffer.byteLength(content) : content.byteLength
}
