// What does a request for an action say? Its body, bounded and checked; each wrong field is named.
import type { IncomingMessage } from 'node:http'
import { z } from 'zod'
import { largestRate } from '../model/actions.ts'
import { holdDecisions, longestStaffToken, orderIdPattern, staffTokenPattern } from '../model/orders.ts'
import { largestBurst } from '../model/try-it.ts'

export class InvalidRequestError extends Error {
  override readonly name = 'InvalidRequestError'
  readonly reason = 'AskedWrongly'
  readonly retry = false
}

const groupFields = { stage: z.string().min(1).max(63), reason: z.string().min(1).max(253) }
const order = z.string().regex(orderIdPattern, 'a UUID as the gateway gives it')
const staffAct = {
  reason: z.string().min(1).max(500),
  staffToken: z.string().max(longestStaffToken).regex(staffTokenPattern, 'a token of the staff'),
}
const newest = z.iso.datetime({ offset: true })

export const bodies = {
  suspend: z.strictObject({ suspend: z.boolean(), dryRun: z.boolean().default(false) }),
  cancel: z.strictObject({ order, staff: z.strictObject(staffAct).optional() }),
  hold: z.strictObject({ order, decision: z.enum(holdDecisions), ...staffAct }),
  plan: z.strictObject(groupFields),
  replay: z.strictObject({ ...groupFields, newest, perSecond: z.number().positive().max(largestRate) }),
  edited: z.strictObject({
    letter: z
      .string()
      .max(200)
      .regex(/^[^/]+\/\d+\/\d+$/, 'a letter such as payment/2/17'),
    value: z.string().min(1),
  }),
  discard: z.strictObject({ ...groupFields, newest }),
  stop: z.strictObject({ run: z.uuid() }),
  orders: z.strictObject({ count: z.int().min(1).max(largestBurst) }),
  provider: z.strictObject({ mode: z.enum(['normal', 'slow', 'failing']) }),
  kill: z.strictObject({ part: z.string().min(1).max(63) }),
  poison: z.strictObject({ stage: z.string().min(1).max(63) }),
}

/** @throws AskedWrongly */
export function checked<Schema extends z.ZodType>(schema: Schema, body: unknown): z.output<Schema> {
  const result = schema.safeParse(body)
  if (result.success) return result.data
  throw new InvalidRequestError(
    result.error.issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; '),
  )
}

const largestBytes = 64 << 10

/** @throws AskedWrongly */
export async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request) {
    size += (chunk as Buffer).length
    if (size > largestBytes)
      throw new InvalidRequestError(`body: found more than ${largestBytes} bytes; allowed: fewer`)
    chunks.push(chunk as Buffer)
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new InvalidRequestError('body: found what is not JSON; allowed: JSON')
  }
}
