// What do ids and keys look like when they come in?
import { createHash } from 'node:crypto'
import { z } from 'zod'

export const customerIdPattern = /^[\w.:@+-]{1,64}$/
export const customerId = z.string().regex(customerIdPattern, '1 to 64 letters, digits or . : @ + - _')

/**
 * What an issuer may use as a subject (OpenID Connect: up to 255 ASCII characters), such as
 * `auth0|507f1f77`.
 */
export const subjectPattern = /^[\x20-\x7e]{1,255}$/
export const subject = z.string().regex(subjectPattern, '1 to 255 printable ASCII characters')

/** The longest that events and their consumers take. */
const longestCustomer = 64
const hashPrefix = 'sha256:'

/**
 * The customer id of a subject: itself, or where that is too long its hash. A subject that looks
 * like a hash is hashed, too.
 */
export function customerOf(sub: string): string {
  if (sub.length <= longestCustomer && !sub.startsWith(hashPrefix)) return sub
  return hashPrefix + createHash('sha256').update(sub).digest('base64url')
}

export const skuPattern = /^[A-Z0-9][A-Z0-9-]{0,39}$/

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters without spaces')

const [firstPage, largestPage] = [20, 100]

/**
 * The number of entries on a page. Digits only, as the document says; `Number` would accept `1e1`
 * and `0x10` as well.
 */
export const pageLimit = z
  .string()
  .optional()
  .transform((text, context) => {
    const limit = /^\d{1,3}$/.test(text ?? '') ? Number(text) : 0
    if (text !== undefined && (limit < 1 || limit > largestPage))
      context.addIssue({ code: 'custom', message: `an integer from 1 to ${largestPage}` })
    return text === undefined ? firstPage : limit
  })
  .meta({ type: 'integer', minimum: 1, maximum: largestPage, description: `Default: ${firstPage}.` })

export const orderIdParams = z.object({ id: z.uuid('a uuid, as given when the order was accepted') })
