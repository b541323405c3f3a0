// How is a token signed for a gateway with HS256? For trying out: elsewhere the issuer of the shop
// gives tokens. Pure.
import { createHmac } from 'node:crypto'

export interface TokenClaims {
  readonly issuer: string
  readonly audience: string
  readonly subject: string
  readonly scopes: readonly string[]
  readonly seconds: number
}

/** `secret`: the AUTH_SECRET of the gateway. */
export function signedToken(
  secret: Buffer,
  { issuer, audience, subject, scopes, seconds }: TokenClaims,
  now: Date,
): string {
  const issuedAt = Math.floor(now.getTime() / 1_000)
  const claims = {
    ...{ iss: issuer, aud: audience, sub: subject, iat: issuedAt, exp: issuedAt + seconds },
    ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
  }
  const signingInput = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  return `${signingInput}.${createHmac('sha256', secret).update(signingInput).digest('base64url')}`
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
