// How does a test simulate a failover? With a TCP proxy, like a Service or a load balancer: open
// connections stay where they are, new ones go to its present target.
import { connect, createServer } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface FailoverProxy {
  /** The URL of the first server, with the proxy's address in it. */
  readonly url: string
  /** New connections go there; open ones stay where they are. */
  lead(url: string): void
  close(): Promise<void>
}

export async function startFailoverProxy(first: string): Promise<FailoverProxy> {
  let target = new URL(first)
  const sockets = new Set<{ destroy(): void }>()
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    for (const socket of [client, upstream]) {
      sockets.add(socket)
      socket
        .on('error', () => undefined)
        .on('close', () => {
          for (const one of [client, upstream]) one.destroy()
          sockets.delete(socket)
        })
    }
    client.pipe(upstream).pipe(client)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = new URL(first)
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    lead: (next) => void (target = new URL(next)),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
