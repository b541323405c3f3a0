// What does an order look like when it comes in? Stricter than the event it becomes: what is refused here needs no
// compensation later.
import { HttpProblem, type FastifyRequest } from '@orderpipeline/kit-http'
import { z } from 'zod'
import { customerId, idempotencyKey, skuPattern } from './fields.ts'

const item = z.strictObject({
  sku: z.string().regex(skuPattern, '1 to 40 capital letters, digits or dashes, such as SKU-0001'),
  quantity: z.int().min(1).max(1000),
})

const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, 'three capital letters, such as EUR')
  .default('EUR')

const items = z
  .array(item)
  .min(1)
  .max(50)
  .superRefine((lines, context) => {
    const seen = new Set<string>()
    for (const [index, { sku }] of lines.entries()) {
      if (seen.has(sku))
        context.addIssue({ code: 'custom', path: [index, 'sku'], message: 'each SKU once; add the quantities up' })
      seen.add(sku)
    }
  })

/** Where customers are authenticated the token says whose order it is; where not, the caller does. */
export function orderBody(authenticated: boolean) {
  const customer: z.ZodType<string | undefined> = authenticated ? customerId.optional() : customerId
  return z.strictObject({ customerId: customer, currency, items })
}

export function batchItem(authenticated: boolean) {
  return orderBody(authenticated).extend({ idempotencyKey: idempotencyKey.optional() })
}

export const idempotencyHeaders = z.object({ 'idempotency-key': idempotencyKey.optional() })

/** @throws HttpProblem where a token names one customer and the order another */
export function orderingCustomer(request: FastifyRequest, named: string | undefined): string {
  const { customer } = request
  if (customer === undefined) return named ?? ''
  if (named === undefined || named === customer) return customer
  throw new HttpProblem(403, 'Forbidden', 'customerId is not the customer of the token; leave it out')
}
