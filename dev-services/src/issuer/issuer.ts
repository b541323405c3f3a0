// What does the development issuer publish, and which tokens does it issue? It publishes its key
// and its metadata as OpenID Connect Discovery describes them, and signs a token for every customer
// of a request. It is for development only: each of its callers can act as every customer.
import { randomUUID } from 'node:crypto'
import { SignJWT } from 'jose'
import { algorithm } from './key.ts'
import type { SigningKey } from './key.ts'

export interface IssuerOptions {
  /** Its own address, and `iss` of its tokens. */
  readonly url: string
  readonly audience: string
  readonly tokenSeconds: number
  readonly key: SigningKey
  readonly now: () => Date
}

/** An answer of a token endpoint (RFC 6749, 5.1). */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly scope?: string
}

export interface Issuer {
  /** RFC 8414, and OpenID Connect Discovery 1.0. */
  readonly metadata: Readonly<Record<string, unknown>>
  readonly keys: { readonly keys: readonly object[] }
  /** `scope`: names separated by spaces. */
  token(customer: string, scope?: string): Promise<TokenAnswer>
}

export function createIssuer({ url, audience, tokenSeconds, key, now }: IssuerOptions): Issuer {
  const base = url.replace(/\/$/, '')
  return {
    metadata: {
      issuer: url,
      jwks_uri: `${base}/jwks`,
      token_endpoint: `${base}/token`,
      grant_types_supported: ['client_credentials'],
      response_types_supported: [],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: [algorithm],
      token_endpoint_auth_methods_supported: ['none'],
      claims_supported: ['iss', 'sub', 'aud', 'iat', 'exp', 'jti', 'client_id', 'scope'],
      service_documentation: `${base}/`,
    },
    keys: { keys: [key.publicJwk] },
    token: async (customer, scope) => {
      const issuedAt = Math.floor(now().getTime() / 1_000)
      const token = await new SignJWT({ client_id: customer, ...(scope === undefined ? {} : { scope }) })
        .setProtectedHeader({ alg: algorithm, typ: 'at+jwt', kid: key.keyId })
        .setIssuer(url)
        .setSubject(customer)
        .setAudience(audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + tokenSeconds)
        .setJti(randomUUID())
        .sign(key.privateKey)
      return {
        access_token: token,
        token_type: 'Bearer',
        expires_in: tokenSeconds,
        ...(scope === undefined ? {} : { scope }),
      }
    },
  }
}
