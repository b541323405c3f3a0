// Which requests are allowed? Only those of a browser that shows this very page, under a name that
// the console is meant to have: a foreign page, or a foreign name that leads here (DNS rebinding),
// gets nothing. Pure.
import type { IncomingHttpHeaders } from 'node:http'

export interface Refusal {
  readonly status: number
  readonly reason: string
}

export interface IncomingRequest {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** The names under which the console is served. */
export interface Addresses {
  /** The origin of its page under this Host; undefined where it has no such name. */
  originOf(host: string): string | undefined
  /** For the message. */
  readonly allowed: string
}

/** Under the names of this machine, at the port where it listens. */
export function machineAddresses(port: number): Addresses {
  const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
  return { originOf: (host) => (names.includes(host) ? `http://${host}` : undefined), allowed: names.join(', ') }
}

/**
 * Under these origins, and under the names of a machine with `kubectl port-forward` at any port.
 */
export function clusterAddresses(origins: readonly string[]): Addresses {
  const byHost = new Map(origins.map((origin) => [new URL(origin).host, origin]))
  return {
    originOf: (host) =>
      byHost.get(host) ?? (/^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host) ? `http://${host}` : undefined),
    allowed: [...byHost.keys(), 'localhost, by kubectl port-forward'].join(', '),
  }
}

/** `posts`: it may be posted to this path. */
export function refusalOf(
  { method, headers }: IncomingRequest,
  addresses: Addresses,
  posts = false,
): Refusal | undefined {
  const own = addresses.originOf(headers.host ?? '')
  if (own === undefined)
    return { status: 421, reason: `Host: found ${JSON.stringify(headers.host ?? '')}; allowed: ${addresses.allowed}` }
  const { origin } = headers
  if (origin !== undefined && origin !== own)
    return { status: 403, reason: 'Origin: a page of another origin may not read this' }
  const site = headers['sec-fetch-site']
  const navigates = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigates)
    return { status: 403, reason: 'Sec-Fetch-Site: a page of another site may not read this' }
  if (method === 'GET' || method === 'HEAD') return undefined
  if (method !== 'POST' || !posts)
    return { status: 405, reason: `${method} is not served here: this console only reads` }
  // A form of another site can send neither this type nor a header of its own.
  if (headers['content-type'] !== 'application/json')
    return { status: 415, reason: 'Content-Type: allowed: application/json' }
  return undefined
}

/** Nothing from elsewhere, no inline code, and in no frame. */
export const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=()',
}
