// How does a test reach a server under TLS whose certificate is not of a public authority? Through
// a proxy that ends TLS before the real server.
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream'
import { createServer } from 'node:tls'
import { kafkaCertificate } from '../backing/index.ts'

export interface TlsProxy {
  /** At `localhost`. */
  readonly port: number
  /** The certificate of its authority, PEM. */
  readonly ca: string
  close(): Promise<void>
}

/** `port`: that of the real server on 127.0.0.1. */
export async function startTlsProxy(port: number): Promise<TlsProxy> {
  const dir = await mkdtemp(join(tmpdir(), 'orderpipeline-tls-proxy-'))
  const { ca, certificate } = await kafkaCertificate(dir, { dns: ['localhost'], ip: [] }, new Date())
  await rm(dir, { recursive: true })
  const server = createServer({ cert: certificate.cert, key: certificate.key }, (client) => {
    const upstream = connect(port, '127.0.0.1')
    pipeline(client, upstream, client, () => undefined)
  })
  // A client that refuses the certificate.
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    ca,
    close: () => new Promise((resolve) => void server.close(() => resolve())),
  }
}
