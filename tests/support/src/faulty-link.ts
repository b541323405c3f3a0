// How does a test make a dependency slow, silent or unavailable for its clients, and available
// again? They reach it through a link that carries bytes as configured. Bytes in transit while
// nothing passes arrive afterwards, as after a break in a network.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export interface FaultyLink {
  readonly port: number
  /** No listener, and every connection breaks. */
  down(): Promise<void>
  /** Every piece takes so long, there and back. */
  slow(ms: number): void
  /** Connections open and stay open, and nothing passes. */
  hang(): void
  /** Ends every fault. */
  restore(): Promise<void>
  /** Connections made so far. */
  readonly connections: number
  close(): Promise<void>
}

export async function startFaultyLink(target: { readonly host: string; readonly port: number }): Promise<FaultyLink> {
  const sockets = new Set<Socket>()
  let delayMs = 0
  let passable = Promise.resolve()
  let letPass: () => void = () => undefined
  let connections = 0

  const carry = async (from: Socket, to: Socket): Promise<void> => {
    try {
      for await (const piece of from as AsyncIterable<Buffer>) {
        await passable
        if (delayMs > 0) await sleep(delayMs)
        if (!to.writable) break
        to.write(piece)
      }
      await passable
      to.end()
    } catch {
      to.destroy()
    }
  }
  const accept = (client: Socket): void => {
    connections++
    const upstream = connect({ ...target, allowHalfOpen: true })
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket.setNoDelay().on('error', () => undefined)
      socket.on('close', () => sockets.delete(socket))
    }
    void carry(client, upstream)
    void carry(upstream, client)
  }
  const listen = async (port: number): Promise<Server> => {
    const listening = createServer({ allowHalfOpen: true }, accept).listen(port, '127.0.0.1')
    await once(listening, 'listening')
    return listening
  }
  let server = await listen(0)
  const { port } = server.address() as AddressInfo
  const unplug = async (): Promise<void> => {
    const closing = new Promise<void>((resolve) => server.close(() => resolve()))
    for (const socket of sockets) socket.destroy()
    await closing
  }
  const mend = async (): Promise<void> => {
    delayMs = 0
    letPass()
    if (!server.listening) server = await listen(port)
  }
  return {
    port,
    get connections() {
      return connections
    },
    down: unplug,
    slow: (ms) => void (delayMs = ms),
    hang: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      passable = promise
      letPass = resolve
    },
    restore: mend,
    close: async () => {
      letPass()
      if (server.listening) await unplug()
    },
  }
}
