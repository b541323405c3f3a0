// What if the way to the API server breaks? A TCP proxy in front of it that cuts every connection, or lets them hang.
import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

export interface Proxy {
  readonly url: string
  /** Resets every open connection; new ones are served. */
  cut(): void
  /** Keeps connections open and passes nothing on, in neither direction, until `false`. */
  hang(yes: boolean): void
  close(): Promise<void>
}

export const proxyTo = async (server: string): Promise<Proxy> => {
  const { hostname, port } = new URL(server)
  const open = new Set<Socket>()
  let hanging = false
  const listener = createServer((client) => {
    const upstream = connect(Number(port), hostname)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
      from.pipe(to)
      if (hanging) from.pause()
    }
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const cut = (): void => {
    for (const socket of open) socket.resetAndDestroy()
  }
  return {
    url: `https://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    cut,
    hang: (yes) => {
      hanging = yes
      for (const socket of open) {
        if (yes) socket.pause()
        else socket.resume()
      }
    },
    close: async () => {
      cut()
      await new Promise((resolve) => listener.close(resolve))
    },
  }
}
