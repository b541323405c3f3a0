// How do several gateways share one port? Each new connection goes to the next replica that is
// ready, as a Service does it; one that drains gets none. Nothing of a request is looked at.
import { connect, createServer } from 'node:net'
import type { Server, Socket } from 'node:net'

export interface GatewayProxy {
  readonly port: number
  /** From all clients, until now. */
  receivedBytes(): number
  close(): Promise<void>
}

const noneReady =
  'HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: 1\r\nconnection: close\r\n\r\n' +
  '{"type":"about:blank","title":"Service Unavailable","status":503,"detail":"no gateway is ready yet"}\n'

/**
 * `targets` returns the ports of the ready replicas; it is called at each connection. @throws what
 * listening throws, such as EADDRINUSE
 */
export async function gatewayProxy(port: number, targets: () => readonly number[]): Promise<GatewayProxy> {
  const open = new Set<Socket>()
  let receivedOfClosed = 0
  let turn = 0
  const forward = (client: Socket, remainingPorts: readonly number[]): void => {
    const [target, ...others] = remainingPorts
    if (target === undefined) return void client.end(noneReady)
    const upstream = connect({ host: '127.0.0.1', port: target, noDelay: true })
    let connected = false
    upstream.once('connect', () => {
      connected = true
      client.pipe(upstream)
      upstream.pipe(client)
    })
    upstream.on('error', () => {
      if (connected) client.destroy()
      else forward(client, others) // it has just ended: the next one
    })
    upstream.once('close', () => connected && client.destroy())
    client.once('close', () => upstream.destroy())
  }
  const server: Server = createServer({ noDelay: true }, (client) => {
    open.add(client)
    client.once('close', () => {
      open.delete(client)
      receivedOfClosed += client.bytesRead
    })
    client.on('error', () => client.destroy())
    const ready = targets()
    turn += 1
    forward(
      client,
      ready.map((_, index) => ready[(turn + index) % ready.length] as number),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ port, host: '127.0.0.1' }, resolve)
  })
  return {
    port,
    receivedBytes: () => [...open].reduce((sum, { bytesRead }) => sum + bytesRead, receivedOfClosed),
    close: async () => {
      const closing = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const client of open) client.destroy()
      await closing
    },
  }
}
