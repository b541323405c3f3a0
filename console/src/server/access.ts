// Who may act? A person with the key that the terminal printed, sent as a header. Another page
// cannot send such a header, and another user of this machine, who can open the port, does not have
// the key.
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export const keyHeader = 'x-console-key'

export function newKey(): string {
  return randomBytes(24).toString('base64url')
}

export function hasKey(headers: IncomingHttpHeaders, key: string): boolean {
  const presentedKey = Buffer.from(String(headers[keyHeader] ?? ''))
  const expectedKey = Buffer.from(key)
  return presentedKey.length === expectedKey.length && timingSafeEqual(presentedKey, expectedKey)
}

/** The key is behind the #, which a browser never sends; the page takes it out of the address. */
export function addressWithKey(url: string, key: string): string {
  return `${url}/#key=${key}`
}
