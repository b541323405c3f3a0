// What goes over the wire for a mail? The headers and the encodings are nodemailer's; but its
// streams, five of them for a letter of half a kilobyte, took two fifths of the CPU of a mail.
import { Readable } from 'node:stream'
import * as base64 from 'nodemailer/lib/base64'
import type MimeNode from 'nodemailer/lib/mime-node'
import * as quotedPrintable from 'nodemailer/lib/qp'

/**
 * Takes a message that is one text. Line breaks of a text that needs no encoding stay as they are:
 * the connection makes CRLF of each, and stuffs dots.
 */
export function messageBytes(message: MimeNode): Buffer {
  const { content = '' } = message
  if (typeof content !== 'string') throw new TypeError('the content of a mail is a text')
  const headers = message.buildHeaders()
  return Buffer.from(withLastBreak(`${headers}\r\n\r\n${encoded(content, message.getTransferEncoding())}`))
}

function encoded(text: string, encoding: string | false): string {
  switch (encoding) {
    case 'base64':
      return base64.wrap(base64.encode(text))
    case 'quoted-printable':
      return quotedPrintable.wrap(quotedPrintable.encode(text))
    default:
      return text
  }
}

function withLastBreak(content: string): string {
  if (content.endsWith('\n')) return content
  return content.endsWith('\r') ? `${content}\n` : `${content}\r\n`
}

/** A stream of one piece, made when it is first read. */
export function streamOf(bytes: () => Buffer): Readable {
  return new Readable({
    read() {
      this.push(bytes())
      this.push(null)
    },
  })
}
