// Who sends this request? The customer that a token names which the configured issuer signed for us
// with a pinned algorithm; everything else is refused, and the answer does not say what would have
// been right.
import { HttpProblemError, overloaded } from '@orderpipeline/http'
import type { Logger } from '@orderpipeline/process'
import type { Priority } from '@orderpipeline/order-events'
import { errors, jwtVerify } from 'jose'
import type { JWTPayload, JWTVerifyGetKey, JWTVerifyOptions } from 'jose'
import type { Clock } from '../clock.ts'
import { customerIn } from './customer-claim.ts'
import { claimedPriority } from '../priorities/class-of-order.ts'
import { KeysUnavailableError, remoteKeys } from './remote-keys.ts'
import type { AuthenticationSettings } from './settings.ts'
import { staffIn } from './staff-scope.ts'

/** The customer of a token. */
export interface Caller {
  readonly customer: string
  /** The class of their orders, where a claim says it. */
  readonly priority?: Priority | undefined
}

/**
 * Returns the customer. @throws HttpProblemError: 401, 403 where the token names no customer that
 * may send requests, or 503 where the issuer's keys are unavailable
 */
export type Verifier = (authorization: string | undefined) => Promise<Caller>

/** `scope`: what the route needs besides. Returns who of the staff. @throws as above */
export type StaffVerifier = (authorization: string | undefined, scope?: string) => Promise<string>

/** A bearer token that is longer than this is refused. */
const longestToken = 8_192

/**
 * One set of the issuer's keys for both. `staff`: where the gateway knows its staff.
 * `priorityClaim`: what says the class of a customer's orders.
 */
export function createVerifiers(
  settings: AuthenticationSettings,
  clock: Clock,
  logger: Logger,
  priorityClaim?: string,
): { readonly customer: Verifier; readonly staff?: StaffVerifier } {
  const verifyToken = createTokenVerifier(settings, clock, logger)
  const { customerClaim, staffScope } = settings
  return {
    customer: (authorization) =>
      verifyToken(authorization, (payload) => ({
        customer: customerIn(payload, customerClaim),
        priority: claimedPriority(payload, priorityClaim),
      })),
    ...(staffScope === undefined
      ? {}
      : {
          staff: (authorization, routeScope) =>
            verifyToken(authorization, (payload) => staffIn(payload, { scope: staffScope, routeScope })),
        }),
  }
}

type VerifyToken = <Who>(authorization: string | undefined, who: (payload: JWTPayload) => Who) => Promise<Who>

function createTokenVerifier(settings: AuthenticationSettings, clock: Clock, logger: Logger): VerifyToken {
  const { keys } = settings
  const key: JWTVerifyGetKey =
    keys.kind === 'jwks'
      ? remoteKeys({
          ...keys,
          now: clock.monotonicMs,
          onFailure: (error) => logger.warn({ error }, "the issuer's keys cannot be fetched"),
        })
      : (() => {
          const secret = new TextEncoder().encode(keys.secret)
          return () => secret
        })()
  const options: JWTVerifyOptions = {
    algorithms: [...settings.algorithms],
    issuer: settings.issuer,
    audience: settings.audience,
    clockTolerance: settings.clockToleranceSeconds,
    requiredClaims: ['exp'],
  }

  // What was wrong is for those who run the gateway; a caller who forges tokens learns nothing from
  // the answer.
  const refusal = (
    detail: string,
    reason: string,
    cause?: unknown,
    actual = 'a token (not shown)',
  ): HttpProblemError => {
    logger.debug({ reason }, 'a token was refused')
    return unauthorized(detail, actual, cause)
  }

  return async (authorization, who) => {
    const token = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization ?? '')?.[1]
    if (token === undefined || token.length > longestToken)
      throw refusal('a bearer token is needed', 'the request has none', undefined, 'none')
    try {
      const { payload, protectedHeader } = await jwtVerify(token, key, { ...options, currentDate: clock.now() })
      // Extensions that must be understood: none are understood here, whatever the library may
      // know.
      if (protectedHeader.crit !== undefined) throw refusal('the token is not accepted', 'its header has crit')
      return who(payload)
    } catch (error) {
      if (error instanceof KeysUnavailableError) throw overloaded('tokens cannot be verified now', 2, error)
      if (error instanceof errors.JWTExpired) throw refusal('the token has expired', error.message, error)
      if (error instanceof errors.JOSEError) throw refusal('the token is not accepted', error.message, error)
      if (error instanceof HttpProblemError && error.status === 403)
        logger.debug({ reason: error.message }, 'a token was refused')
      throw error
    }
  }
}

function unauthorized(detail: string, actual: string, cause?: unknown): HttpProblemError {
  const problems = [{ path: 'authorization', found: actual, allowed: 'Bearer and a valid token of the issuer' }]
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' }
  return new HttpProblemError(401, 'Unauthorized', detail, { headers, problems, cause })
}
