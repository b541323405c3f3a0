// How does a push service know the shop (RFC 8292)? By a token that the shop's key has signed, for
// the service's origin and some hours.
import { createECDH, createPrivateKey, sign } from 'node:crypto'
import type { KeyObject } from 'node:crypto'

export interface VapidKey {
  /** base64url of the uncompressed point; what a page gives as `applicationServerKey`. */
  readonly publicKey: string
  readonly key: KeyObject
}

/**
 * `privateKey`: base64url of 32 octets, as `web-push generate-vapid-keys` prints it. @throws
 * TypeError
 */
export function vapidKey(privateKey: string): VapidKey {
  const d = Buffer.from(privateKey, 'base64url')
  if (d.length !== 32) throw new TypeError(`found ${d.length} octets; allowed: 32, as base64url`)
  const ecdh = createECDH('prime256v1')
  ecdh.setPrivateKey(d)
  const point = ecdh.getPublicKey()
  const jwk = {
    ...{ kty: 'EC', crv: 'P-256', d: d.toString('base64url') },
    ...{ x: point.subarray(1, 33).toString('base64url'), y: point.subarray(33).toString('base64url') },
  }
  return { publicKey: point.toString('base64url'), key: createPrivateKey({ key: jwk, format: 'jwk' }) }
}

/** Twelve hours: a service refuses more than 24, and clocks differ. */
const validSeconds = 12 * 3_600

/** The value of the header Authorization. `subject`: a mailto: or https: address of the shop. */
export function vapidAuthorization(endpoint: string, subject: string, { publicKey, key }: VapidKey, now: Date): string {
  const claims = {
    aud: new URL(endpoint).origin,
    exp: Math.floor(now.getTime() / 1_000) + validSeconds,
    sub: subject,
  }
  const content = `${part({ typ: 'JWT', alg: 'ES256' })}.${part(claims)}`
  const signature = sign('sha256', Buffer.from(content), { key, dsaEncoding: 'ieee-p1363' })
  return `vapid t=${content}.${signature.toString('base64url')}, k=${publicKey}`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
