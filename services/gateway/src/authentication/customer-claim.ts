// Whose token is it? One of its claims says so, where an event can carry that claim as a customer
// id. The token has been verified before, so the answer may say what is wrong with it.
import { HttpProblemError } from '@orderpipeline/http'
import { z } from 'zod'
import { customerOf, subjectPattern } from '../api/request-fields.ts'

/** These claims describe the token: with most of them every customer would be one and the same. */
const ofTheToken = ['iss', 'aud', 'exp', 'nbf', 'iat', 'jti']

/** By its whole name, dots and slashes included: issuers name their own claims by URLs. */
export const customerClaimVariable = z
  .string()
  .refine((name) => !ofTheToken.includes(name))
  .describe(`the name of a claim that identifies the customer, such as sub; none of ${ofTheToken.join(', ')}`)
  .optional()

/** @throws HttpProblemError 403 that names the claim, what is in it and what may be */
export function customerIn(payload: Readonly<Record<string, unknown>>, claim: string): string {
  const value = Object.hasOwn(payload, claim) ? payload[claim] : undefined
  if (typeof value !== 'string' || !subjectPattern.test(value))
    throw noCustomer(claim, kindOf(value), '1 to 255 printable ASCII characters')
  // The shop mails a customer whose id is an address, so the id must not be one that a user has
  // only entered: as their address, or as their preferred name. The subject is the issuer's own
  // choice.
  if (claim !== 'sub' && (claim === 'email' || isAddress(value)) && !isVerified(value, payload))
    throw noCustomer(claim, 'an address without email_verified: true', 'an address that the issuer has verified')
  return customerOf(value)
}

/** As the notification stage takes them for one. */
function isAddress(value: string): boolean {
  return /^[^@\s]+@[^@\s]+$/.test(value)
}

function isVerified(
  address: string,
  { email, email_verified: emailVerified }: Readonly<Record<string, unknown>>,
): boolean {
  if (emailVerified !== true && emailVerified !== 'true') return false
  return typeof email === 'string' && email.toLowerCase() === address.toLowerCase()
}

function noCustomer(claim: string, actual: string, allowed: string): HttpProblemError {
  const name = JSON.stringify(claim)
  return new HttpProblemError(403, 'Forbidden', `the claim ${name} of the token identifies no customer`, {
    problems: [{ path: 'authorization', found: `${actual} in the claim ${name}`, allowed }],
  })
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (typeof value !== 'string') return typeof value === 'object' ? 'an object' : `a ${typeof value}`
  const characters = `a text of ${value.length} characters`
  return value === '' || value.length > 255 ? characters : `${characters} of which some are not printable ASCII`
}
