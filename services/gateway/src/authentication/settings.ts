// How is the gateway configured to authenticate its customers? By AUTH_… variables: one kind of
// key, never both, and all that belongs to it. A gateway without authentication has AUTH=none. If
// none of them is set, or only some, start-up fails and names the mistake, so that no shop is open
// by accident.
import { ConfigError, variables } from '@orderpipeline/config'
import { z } from 'zod'
import { customerClaimVariable } from './customer-claim.ts'
import { scopePattern } from './staff-scope.ts'

const symmetric = ['HS256'] as const
const asymmetric = ['RS256', 'ES256'] as const
const algorithms = [...symmetric, ...asymmetric] as const
export type Algorithm = (typeof algorithms)[number]

/** A key shorter than the hash can be searched for (RFC 7518, 3.2). */
const secretBytes = 32

export const authenticationVariables = {
  /** Said where callers are not authenticated on purpose. */
  AUTH: z.literal('none').describe('none, or nothing where AUTH_… variables are set').optional(),
  AUTH_ALGORITHMS: variables
    .list()
    .pipe(z.array(z.enum(algorithms)))
    .describe('HS256 alone, or one or both of RS256,ES256')
    .optional(),
  AUTH_SECRET: z
    .string()
    .refine((value) => Buffer.byteLength(value) >= secretBytes)
    .describe(`a secret of at least ${secretBytes} bytes`)
    .optional(),
  AUTH_JWKS_URL: variables
    .url(['https', 'http'])
    .refine((value) => URL.canParse(value) && new URL(value).username === '' && new URL(value).password === '')
    .describe('a URL starting with https:// or http://, without a user name and a password')
    .optional(),
  AUTH_ISSUER: variables.text().optional(),
  AUTH_AUDIENCE: variables.text().optional(),
  /** The claim of a token that is the customer's id (default `sub`). */
  AUTH_CUSTOMER_CLAIM: customerClaimVariable,
  /** The scope of staff tokens; without it no caller is staff. */
  AUTH_STAFF_SCOPE: z.string().regex(scopePattern).describe('a scope such as shop.staff, without spaces').optional(),
  /** Allowed clock skew for `exp` and `nbf`. */
  AUTH_CLOCK_TOLERANCE_SECONDS: variables.number(0, 300).default(5),
  AUTH_JWKS_TIMEOUT_SECONDS: variables.number(0.1, 30).default(3),
  /**
   * Keys older than this are fetched again. Until that succeeds the old keys stay in use, for an
   * hour at most.
   */
  AUTH_JWKS_CACHE_SECONDS: variables.number(1, 86_400).default(600),
}

type Variables = z.output<z.ZodObject<typeof authenticationVariables>>

export interface AuthenticationSettings {
  readonly algorithms: readonly Algorithm[]
  readonly keys:
    | { readonly kind: 'secret'; readonly secret: string }
    | { readonly kind: 'jwks'; readonly url: string; readonly timeoutMs: number; readonly cacheMs: number }
  readonly issuer: string
  readonly audience: string
  /** The claim that is the customer's id. */
  readonly customerClaim: string
  readonly staffScope?: string | undefined
  readonly clockToleranceSeconds: number
}

const neither =
  'AUTH: found nothing, and none of AUTH_ALGORITHMS, AUTH_ISSUER, AUTH_AUDIENCE, AUTH_JWKS_URL, AUTH_SECRET; ' +
  'allowed: these (docs/guides/gateway.md), or AUTH=none for a gateway that accepts the customer that a caller names'

/**
 * `undefined`: off. @throws ConfigError that names each variable that is missing or one too many
 */
export function authenticationSettings(config: Variables): AuthenticationSettings | undefined {
  const { AUTH_ALGORITHMS, AUTH_SECRET, AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE } = config
  const { AUTH_CUSTOMER_CLAIM, AUTH_STAFF_SCOPE } = config
  const keys = { AUTH_ALGORITHMS, AUTH_SECRET, AUTH_JWKS_URL, AUTH_ISSUER, AUTH_AUDIENCE }
  const values = { ...keys, AUTH_CUSTOMER_CLAIM, AUTH_STAFF_SCOPE }
  const present = Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [name]))
  if (config.AUTH === 'none' && present.length > 0)
    throw new ConfigError([`AUTH: found none together with ${present.join(', ')}; allowed: one or the other`])
  if (config.AUTH === 'none') return undefined
  if (present.length === 0) throw new ConfigError([neither])

  const problems: string[] = []
  const missing = (name: keyof typeof values, why: string) => problems.push(`${name}: found nothing; ${why} needs it`)
  if (AUTH_ALGORITHMS === undefined) missing('AUTH_ALGORITHMS', 'authentication')
  if (AUTH_ISSUER === undefined) missing('AUTH_ISSUER', 'authentication')
  if (AUTH_AUDIENCE === undefined) missing('AUTH_AUDIENCE', 'authentication')
  const usesSharedKey = AUTH_ALGORITHMS?.some((algorithm) => algorithm === 'HS256') ?? false
  const usesPublicKeys = AUTH_ALGORITHMS?.some((algorithm) => algorithm !== 'HS256') ?? false
  // A public key must never be taken for a shared secret, so the two cannot be configured together.
  if (usesSharedKey && usesPublicKeys)
    problems.push(`AUTH_ALGORITHMS: found ${AUTH_ALGORITHMS?.join(',')}; allowed: HS256 alone, or RS256 and ES256`)
  if (usesSharedKey && AUTH_SECRET === undefined) missing('AUTH_SECRET', 'AUTH_ALGORITHMS=HS256')
  if (usesPublicKeys && AUTH_JWKS_URL === undefined)
    missing('AUTH_JWKS_URL', `AUTH_ALGORITHMS=${AUTH_ALGORITHMS?.join(',')}`)
  if (!usesSharedKey && usesPublicKeys && AUTH_SECRET !== undefined)
    problems.push('AUTH_SECRET: found a value (not shown); allowed: none, since AUTH_ALGORITHMS names no HS256')
  if (usesSharedKey && !usesPublicKeys && AUTH_JWKS_URL !== undefined)
    problems.push('AUTH_JWKS_URL: found a value (not shown); allowed: none, since AUTH_ALGORITHMS is HS256')
  if (problems.length > 0) throw new ConfigError(problems)

  const { AUTH_JWKS_TIMEOUT_SECONDS, AUTH_JWKS_CACHE_SECONDS } = config
  return {
    algorithms: AUTH_ALGORITHMS ?? [],
    keys:
      AUTH_SECRET === undefined
        ? {
            kind: 'jwks',
            url: AUTH_JWKS_URL ?? '',
            timeoutMs: AUTH_JWKS_TIMEOUT_SECONDS * 1_000,
            cacheMs: AUTH_JWKS_CACHE_SECONDS * 1_000,
          }
        : { kind: 'secret', secret: AUTH_SECRET },
    issuer: AUTH_ISSUER ?? '',
    audience: AUTH_AUDIENCE ?? '',
    customerClaim: AUTH_CUSTOMER_CLAIM ?? 'sub',
    ...(AUTH_STAFF_SCOPE === undefined ? {} : { staffScope: AUTH_STAFF_SCOPE }),
    clockToleranceSeconds: config.AUTH_CLOCK_TOLERANCE_SECONDS,
  }
}
