// Is it one of the shop's staff, and may they do this? Their token has the configured scope, and
// for orders the scope of the route besides: in `scope`, separated by spaces (RFC 9068), or in one
// of the lists `scp` and `roles`, as some issuers have it. Without a configured scope no caller is
// staff: an issuer may give scopes such as orders:read to customers.
import { HttpProblemError } from '@orderpipeline/http'
import { subjectPattern } from '../api/request-fields.ts'

/** A scope-token of RFC 6749, 3.3. */
export const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

/** `scope`: what makes a caller staff; `routeScope`: what the route needs besides. */
export interface NeededScopes {
  readonly scope: string
  readonly routeScope?: string | undefined
}

/** Returns who it is. @throws HttpProblemError 403 that names the scopes that are missing */
export function staffIn(payload: Readonly<Record<string, unknown>>, { scope, routeScope }: NeededScopes): string {
  const scopes = scopesOf(payload)
  const missing = [scope, ...(routeScope === undefined ? [] : [routeScope])].filter((each) => !scopes.includes(each))
  if (missing.length > 0) {
    const list = `the scope${missing.length > 1 ? 's' : ''} ${missing.join(' and ')}`
    throw notStaff(`a token without ${list}`, `a token with ${list}`)
  }
  const { sub } = payload
  if (typeof sub !== 'string' || !subjectPattern.test(sub))
    throw notStaff('a token without a usable sub', 'a sub of 1 to 255 printable ASCII characters')
  return sub
}

/** Where the gateway looks for no scope, or does not know its callers. */
export function noStaffConfigured(): HttpProblemError {
  return notStaff(
    'a gateway without a staff scope',
    'a gateway with AUTH_… and AUTH_STAFF_SCOPE (docs/guides/gateway.md)',
  )
}

function scopesOf({ scope, scp, roles }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const lists = [scp, roles].flatMap((list): readonly unknown[] => (Array.isArray(list) ? list : []))
  return [...lists, ...[scope, scp].flatMap((text) => (typeof text === 'string' ? text.split(' ') : []))]
}

function notStaff(actual: string, allowed: string): HttpProblemError {
  return new HttpProblemError(403, 'Forbidden', 'only staff may do this', {
    problems: [{ path: 'authorization', found: actual, allowed }],
  })
}
