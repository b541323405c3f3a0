// How does one client of the load send its orders? Over one connection, the next one as soon as the
// last is answered. Bytes are written as they are: a general HTTP client would need more processor
// time than the server that is measured.
import { connect } from 'node:net'
import type { Socket } from 'node:net'
import { firstAnswer } from './answers.ts'

export interface ConnectionOptions {
  readonly host: string
  readonly port: number
  /** The bytes of the next request; undefined ends the connection. */
  readonly next: () => Buffer | undefined
  readonly onAnswer: (status: number, ms: number) => void
}

/** Without an answer for so long, the server is gone. */
const silenceMs = 30_000

/** Resolves once `next` has given no more, and rejects where an answer does not come. */
export function runConnection(options: ConnectionOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const open = (request: Buffer): void => {
      const socket = connect({ host: options.host, port: options.port, noDelay: true })
      socket.setTimeout(silenceMs, () => socket.destroy(new Error(`no answer for ${silenceMs} ms`)))
      let ended = false
      const finish = (error?: Error): void => {
        if (ended) return
        ended = true
        socket.destroy()
        if (error) reject(error)
        else resolve()
      }
      const reopen = (next: Buffer): void => {
        ended = true
        socket.destroy()
        open(next)
      }
      socket.on('error', finish)
      socket.on('close', () => finish(new Error('the server closed a connection with an order under way')))
      exchange(socket, request, options, { finish, reopen })
    }
    const first = options.next()
    if (first) open(first)
    else resolve()
  })
}

interface Ends {
  finish(error?: Error): void
  reopen(next: Buffer): void
}

/** Sends `request`, then one more with each answer. */
function exchange(socket: Socket, request: Buffer, { next, onAnswer }: ConnectionOptions, ends: Ends): void {
  let received: Buffer = Buffer.alloc(0)
  let sentAt = performance.now()
  socket.write(request)
  socket.on('data', (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
    try {
      const answer = firstAnswer(received)
      if (!answer) return
      received = received.subarray(answer.length)
      onAnswer(answer.status, performance.now() - sentAt)
      const following = next()
      if (!following) ends.finish()
      else if (answer.closes) ends.reopen(following)
      else {
        sentAt = performance.now()
        socket.write(following)
      }
    } catch (error) {
      ends.finish(error as Error)
    }
  })
}
