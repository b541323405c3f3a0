// Is it one of the shop's staff? Their token has the configured scope: in `scope`, separated by
// spaces (RFC 9068), or in the list `scp`, as some issuers have it. Without a configured scope no
// caller is staff.
import { HttpProblemError } from '@orderpipeline/http'
import { subjectPattern } from '../api/request-fields.ts'

/** A scope-token of RFC 6749, 3.3. */
export const scopePattern = /^[\x21\x23-\x5b\x5d-\x7e]{1,200}$/

/** Returns who it is, for the log. @throws HttpProblemError 403 */
export function staffIn(payload: Readonly<Record<string, unknown>>, scope: string): string {
  if (!scopesOf(payload).includes(scope))
    throw notStaff(`a token without the scope ${scope}`, `a token with the scope ${scope}`)
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

function scopesOf({ scope, scp }: Readonly<Record<string, unknown>>): readonly unknown[] {
  const scopeList: readonly unknown[] = Array.isArray(scp) ? scp : []
  return [...scopeList, ...[scope, scp].flatMap((text) => (typeof text === 'string' ? text.split(' ') : []))]
}

function notStaff(actual: string, allowed: string): HttpProblemError {
  return new HttpProblemError(403, 'Forbidden', 'only staff may do this', {
    problems: [{ path: 'authorization', found: actual, allowed }],
  })
}
