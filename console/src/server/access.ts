// Who may act? Whoever has the key that the terminal printed, and sends it as a header: neither
// another page, which can send no such header, nor another user of this machine, who can open the
// port, has it.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export const keyHeader = 'x-console-key'

export const newKey = (): string => randomBytes(24).toString('base64url')

export function hasKey(headers: IncomingHttpHeaders, key: string): boolean {
  const given = Buffer.from(String(headers[keyHeader] ?? ''))
  const wanted = Buffer.from(key)
  return given.length === wanted.length && timingSafeEqual(given, wanted)
}

/**
 * The key is behind the #, which a browser sends to nobody; the page takes it out of the address.
 */
export const addressWithKey = (url: string, key: string): string => `${url}/#key=${key}`
