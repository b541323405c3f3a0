// How do crash tests observe the messages of a process? It connects to a tap, a TCP proxy, instead
// of its database or Kafka. The tap forwards whole messages in both directions and reports each one
// before. If a test kills the process at a message, only a part of that message is forwarded.
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { WireObserver } from './wire-event.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

/** The part of a message that is forwarded; `cut`: no later byte is. */
export interface Passage {
  readonly bytes: Buffer | undefined
  readonly cut: boolean
}

/** One connection's protocol. */
export interface Conversation {
  /**
   * Length of the first message; undefined while it is unknown. `asked`: requests of the process.
   */
  readonly requestLength: (bytes: Buffer) => number | undefined
  readonly responseLength: (bytes: Buffer) => number | undefined
  readonly onRequest: (message: Buffer) => Passage
  readonly onResponse: (message: Buffer) => Passage
}

export interface Tap {
  readonly port: number
  close(): Promise<void>
}

/**
 * `newObserver` is called at each new connection: its observer belongs to the process that lives
 * then.
 */
export async function startTap(
  target: Address,
  converse: (observer: WireObserver, ownPort: number) => Conversation,
  newObserver: () => WireObserver,
): Promise<Tap> {
  const sockets = new Set<Socket>()
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, allowHalfOpen: true })
    const conversation = converse(newObserver(), port())
    let cut = false
    const end = (): void => {
      // Bytes that were passed on still arrive, like those that have left a machine before it dies.
      upstream.end()
      if (cut) client.destroy()
    }
    const passOn = (to: Socket, pass: (message: Buffer) => Passage, length: (bytes: Buffer) => number | undefined) => {
      const messages = splitter(length)
      return (bytes: Buffer): void => {
        for (const message of messages(bytes)) {
          const { bytes: passed, cut: last } = pass(message)
          if (passed && !cut && to.writable) to.write(passed)
          if (last && !cut) {
            cut = true
            end()
          }
        }
      }
    }
    client.on(
      'data',
      passOn(upstream, (message) => (cut ? nothing : conversation.onRequest(message)), conversation.requestLength),
    )
    upstream.on('data', passOn(client, conversation.onResponse, conversation.responseLength))
    client.on('end', end).on('close', end)
    upstream.on('end', () => client.end()).on('close', () => client.destroy())
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay().on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
  })
  const port = (): number => (server.address() as AddressInfo).port
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: port(),
    close: () => {
      for (const socket of sockets) socket.destroy()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}

const nothing: Passage = { bytes: undefined, cut: false }

function splitter(length: (bytes: Buffer) => number | undefined): (bytes: Buffer) => Buffer[] {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    const whole: Buffer[] = []
    for (
      let frameLength = length(rest);
      frameLength !== undefined && rest.length >= frameLength;
      frameLength = length(rest)
    ) {
      whole.push(rest.subarray(0, frameLength))
      rest = rest.subarray(frameLength)
    }
    return whole
  }
}
