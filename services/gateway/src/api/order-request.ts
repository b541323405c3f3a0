// What does an order look like when it comes in? Stricter than the event it becomes: what is
// refused here needs no compensation later.
import { HttpProblemError } from '@orderpipeline/http'
import type { FastifyRequest } from '@orderpipeline/http'
import { z } from 'zod'
import { customerId, customerOf, idempotencyKey, skuPattern, subject } from './request-fields.ts'

const item = z.strictObject({
  sku: z.string().regex(skuPattern, '1 to 40 capital letters, digits or dashes, such as SKU-0001'),
  quantity: z.int().min(1).max(1000),
})

const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'three capital letters, such as EUR')
  .default('EUR')
  .describe('An ISO 4217 code; every product of the order is sold in this currency.')

const expectedTotalCents = z
  .int()
  .min(0)
  .optional()
  .describe("The total that the customer saw, in the currency's minor unit: an order with another total is refused.")

const items = z
  .array(item)
  .min(1)
  .max(50)
  .describe('Each SKU once, with its whole quantity.')
  .superRefine((lines, context) => {
    const seenSkus = new Set<string>()
    for (const [index, { sku }] of lines.entries()) {
      if (seenSkus.has(sku))
        context.addIssue({ code: 'custom', path: [index, 'sku'], message: 'each SKU once; add the quantities up' })
      seenSkus.add(sku)
    }
  })

/**
 * Where customers are authenticated the token names the order's customer; otherwise the caller
 * does.
 */
export function orderBody(authenticated: boolean) {
  const customer: z.ZodType<string | undefined> = authenticated ? subject.optional() : customerId
  return z.strictObject({ customerId: customer, currency, items, expectedTotalCents })
}

export type OrderBody = z.output<ReturnType<typeof orderBody>>

export function batchItem(authenticated: boolean) {
  return orderBody(authenticated).extend({ idempotencyKey: idempotencyKey.optional() })
}

export const idempotencyHeaders = z.object({ 'idempotency-key': idempotencyKey.optional() })

export const batchHeaders = z.object({
  'idempotency-key': idempotencyKey
    .optional()
    .describe('The key of the whole batch: an order without its own key gets one from this key and its position.'),
})

/**
 * The key of an order that has none of its own, by its place in a batch that has one: a client that
 * repeats the request places nothing twice. The space keeps it apart from every key that a caller
 * can send.
 */
export function derivedKey(batchKey: string, index: number): string {
  return `${batchKey} ${index}`
}

/** @throws HttpProblemError where a token names one customer and the order another */
export function orderingCustomer(request: FastifyRequest, requestedCustomer: string | undefined): string {
  const { customer } = request
  if (customer === undefined) return requestedCustomer ?? ''
  if (requestedCustomer === undefined || customerOf(requestedCustomer) === customer) return customer
  throw new HttpProblemError(403, 'Forbidden', 'customerId is not the customer of the token; leave it out', {
    problems: [
      {
        path: 'customerId',
        found: JSON.stringify(requestedCustomer),
        allowed: 'the customer of the token, or nothing',
      },
    ],
  })
}
