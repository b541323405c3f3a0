// A small push service and the browser behind it, written from RFC 8030, 8188, 8291 and 8292: it
// takes a message for a subscription that it knows, from a sender whose token is signed for it, and
// decrypts it as the browser does.
import { createDecipheriv, createECDH, createPublicKey, hkdfSync, randomBytes, verify } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedPush {
  readonly text: string
  readonly headers: Readonly<Record<string, unknown>>
}

export interface PushService {
  readonly port: number
  readonly received: ReceivedPush[]
  /** The next requests are answered so, each once. */
  readonly faults: number[]
  /** A browser that subscribes under `origin`, where this service is reached. */
  subscribe(origin: string): { readonly endpoint: string; readonly p256dh: string; readonly auth: string }
  close(): Promise<void>
}

interface Browser {
  readonly keys: ReturnType<typeof createECDH>
  readonly auth: Buffer
  readonly origin: string
}

export async function startPushService(): Promise<PushService> {
  const browsers = new Map<string, Browser>()
  const received: ReceivedPush[] = []
  const faults: number[] = []
  const statusOf = (request: IncomingMessage, body: Buffer): number => {
    const fault = faults.shift()
    if (fault !== undefined) return fault
    const browser = browsers.get(request.url ?? '')
    if (!browser) return 404
    const { authorization = '', ttl, 'content-encoding': encoding } = request.headers
    if (!isSignedFor(browser.origin, authorization)) return 403
    if (request.method !== 'POST' || encoding !== 'aes128gcm' || !/^\d+$/.test(String(ttl))) return 400
    if (body.length > 4_096) return 413
    received.push({ text: decrypted(body, browser), headers: request.headers })
    return 201
  }
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => response.writeHead(statusOf(request, body)).end())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    received,
    faults,
    subscribe: (origin) => {
      const [path, keys, auth] = [`/push/${randomBytes(16).toString('hex')}`, createECDH('prime256v1'), randomBytes(16)]
      const p256dh = keys.generateKeys('base64url')
      browsers.set(path, { keys, auth, origin })
      return { endpoint: origin + path, p256dh, auth: auth.toString('base64url') }
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function isSignedFor(origin: string, authorization: string): boolean {
  const [, token = '', k = ''] = /^vapid t=([\w.-]+), k=([\w-]+)$/.exec(authorization) ?? []
  const [header = '', claims = '', signature = ''] = token.split('.')
  const point = Buffer.from(k, 'base64url')
  if (point.length !== 65) return false
  const [x, y] = [point.subarray(1, 33).toString('base64url'), point.subarray(33).toString('base64url')]
  const key = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x, y }, format: 'jwk' })
  const content = Buffer.from(`${header}.${claims}`)
  const { aud, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString()) as { aud: string; exp: number }
  const leftSeconds = exp - Date.now() / 1_000
  const ieee = { key, dsaEncoding: 'ieee-p1363' } as const
  return (
    aud === origin &&
    leftSeconds > 0 &&
    leftSeconds <= 86_400 &&
    verify('sha256', content, ieee, Buffer.from(signature, 'base64url'))
  )
}

function decrypted(body: Buffer, { keys, auth }: Browser): string {
  const [salt, sender] = [body.subarray(0, 16), body.subarray(21, 86)]
  const derived = (from: Uint8Array, saltOf: Uint8Array, info: Uint8Array, length: number): Buffer =>
    Buffer.from(hkdfSync('sha256', from, saltOf, info, length))
  const info = Buffer.concat([Buffer.from('WebPush: info\0'), keys.getPublicKey(), sender])
  const input = derived(keys.computeSecret(sender), auth, info, 32)
  const decipher = createDecipheriv(
    'aes-128-gcm',
    derived(input, salt, Buffer.from('Content-Encoding: aes128gcm\0'), 16),
    derived(input, salt, Buffer.from('Content-Encoding: nonce\0'), 12),
  )
  decipher.setAuthTag(body.subarray(-16))
  const padded = Buffer.concat([decipher.update(body.subarray(86, -16)), decipher.final()])
  return padded.subarray(0, padded.lastIndexOf(2)).toString()
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
