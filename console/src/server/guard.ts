// Which requests are allowed? Only those of a browser on this machine that shows this very page: a
// foreign page, or a foreign name that leads here (DNS rebinding), gets nothing. Pure.
import type { IncomingHttpHeaders } from 'node:http'

export interface Refusal {
  readonly status: number
  readonly reason: string
}

export interface Asked {
  readonly method?: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** `port` is the listening port; `posts`: actions are allowed at this path. */
export function refusalOf({ method, headers }: Asked, port: number, posts = false): Refusal | undefined {
  const names = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port}`)
  if (!names.includes(headers.host ?? ''))
    return { status: 421, reason: `Host: found ${JSON.stringify(headers.host ?? '')}; allowed: ${names.join(', ')}` }
  const { origin } = headers
  if (origin !== undefined && !names.includes(origin.replace(/^http:\/\//, '')))
    return { status: 403, reason: 'Origin: a page of another origin may not read this' }
  const site = headers['sec-fetch-site']
  const navigates = headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document'
  if (site !== undefined && site !== 'same-origin' && site !== 'none' && !navigates)
    return { status: 403, reason: 'Sec-Fetch-Site: a page of another site may not read this' }
  if (method === 'GET' || method === 'HEAD') return undefined
  if (method !== 'POST' || !posts)
    return { status: 405, reason: `${method} is not served here: this console only reads` }
  // A form of another site can send neither this type nor the header with the key.
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
