// Where do the tests' tokens come from? An issuer with a key of its own that publishes it over
// HTTP, and a forger.
import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose'
import type { JWK, JWTHeaderParameters, JWTPayload } from 'jose'

export const issuer = 'https://issuer.example'
export const audience = 'orders'

export interface Issuer {
  readonly jwksUrl: string
  readonly publicKeyPem: string
  readonly publicJwk: JWK
  /** Signed as it should be; `claims` go before the usual ones, and `undefined` takes one away. */
  token(sub: string, claims?: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>
  close(): Promise<void>
}

export async function startIssuer(): Promise<Issuer> {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true })
  const publicJwk: JWK = { ...(await exportJWK(publicKey)), kid: 'first', alg: 'RS256', use: 'sig' }
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [publicJwk] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    jwksUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    publicKeyPem: await exportSPKI(publicKey),
    publicJwk,
    token: (sub, claims = {}, header = {}) =>
      new SignJWT({ iss: issuer, aud: audience, sub, exp: seconds(300), ...claims })
        .setProtectedHeader({ alg: 'RS256', kid: 'first', ...header })
        .sign(privateKey, { crit: { 'https://extension.example': true } }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** A token with any header at all; signed with HMAC under `secret`, or not signed. */
export function forged(header: object, sub: string, secret?: string, claims: JWTPayload = {}): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signingInput = `${part(header)}.${part({ iss: issuer, aud: audience, sub, exp: seconds(300), ...claims })}`
  return `${signingInput}.${secret === undefined ? '' : createHmac('sha256', secret).update(signingInput).digest('base64url')}`
}

/** The time so many seconds from now, as tokens have it. */
export function seconds(fromNow: number): number {
  return Math.floor(Date.now() / 1_000) + fromNow
}
