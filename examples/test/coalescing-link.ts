// How does a test make PostgreSQL's end of a session arrive in the same packet as the answer before
// it? On a busy machine that happens by chance; this link makes it happen: it holds an answer back
// until the session has ended, and passes both on at once.
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'

export interface CoalescingLink {
  /** The database, reached through the link. */
  readonly url: string
  /**
   * Joins the next answer inside of a transaction with the end of its session, which `endSession`
   * brings about.
   */
  joinNext(endSession: () => Promise<unknown>): void
  /** Sessions that were ended so. */
  readonly joined: () => number
  close(): void
}

/** ReadyForQuery, with T for "in a transaction". */
const readyInTransaction = Buffer.from([0x5a, 0, 0, 0, 5, 0x54])

export async function coalescingLink(databaseUrl: string): Promise<CoalescingLink> {
  const target = new URL(databaseUrl)
  const sockets = new Set<Socket>()
  let endSession: (() => Promise<unknown>) | undefined
  let joined = 0

  const accept = (client: Socket): void => {
    const server = connect({ host: target.hostname, port: Number(target.port) })
    for (const socket of [client, server]) {
      sockets.add(socket.setNoDelay())
      socket.on('error', () => client.destroy()).on('close', () => sockets.delete(socket))
    }
    client.pipe(server)
    const chunks: Buffer[] = []
    server.on('data', (chunk: Buffer) => {
      const end = endSession
      if (chunks.length === 0 && !(end && chunk.includes(readyInTransaction))) return void client.write(chunk)
      chunks.push(chunk)
      endSession = undefined
      void end?.()
    })
    server.on('end', () => {
      if (chunks.length > 0) joined++
      client.end(Buffer.concat(chunks))
    })
  }
  const listener = createServer(accept).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const url = new URL(databaseUrl)
  url.hostname = '127.0.0.1'
  url.port = String((listener.address() as AddressInfo).port)
  return {
    url: url.href,
    joinNext: (end) => void (endSession = end),
    joined: () => joined,
    close: () => {
      listener.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
