// Which answers are in the bytes of a kept-alive HTTP/1.1 connection? Only what the load generator
// needs: status, end, and whether the server closes. Pure.

export interface Answer {
  readonly status: number
  /** The server closes the connection after this answer. */
  readonly closes: boolean
  /** Bytes of head and body. */
  readonly length: number
}

const endOfHead = '\r\n\r\n'

/**
 * The first answer of `bytes`; undefined while it is incomplete. @throws RangeError for an answer
 * without a length
 */
export function firstAnswer(bytes: Buffer): Answer | undefined {
  const end = bytes.indexOf(endOfHead)
  if (end === -1) return undefined
  const head = bytes.toString('latin1', 0, end).toLowerCase()
  const bodyLength = /\r\ncontent-length: *(\d+)/.exec(head)?.[1]
  if (bodyLength === undefined)
    throw new RangeError(`found an answer without content-length: ${head.slice(0, 100)}; allowed: with one`)
  const length = end + endOfHead.length + Number(bodyLength)
  if (bytes.length < length) return undefined
  return { status: Number(head.slice(9, 12)), closes: /\r\nconnection: *close/.test(head), length }
}
