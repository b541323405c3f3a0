// What does an order look like when it comes in? Stricter than the event it becomes: what is refused here needs no
// compensation later.
import { z } from 'zod'

/** Until there is authentication, the customer says who they are. */
const customerId = z.string().regex(/^[\w.:@+-]{1,64}$/, '1 to 64 letters, digits or . : @ + - _')

const item = z.strictObject({
  sku: z.string().regex(/^[A-Z0-9][A-Z0-9-]{0,39}$/, '1 to 40 capital letters, digits or dashes, such as SKU-0001'),
  quantity: z.int().min(1).max(1000),
})

export const orderBody = z.strictObject({
  customerId,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'three capital letters, such as EUR')
    .default('EUR'),
  items: z
    .array(item)
    .min(1)
    .max(50)
    .superRefine((items, context) => {
      const seen = new Set<string>()
      for (const [index, { sku }] of items.entries()) {
        if (seen.has(sku))
          context.addIssue({ code: 'custom', path: [index, 'sku'], message: 'each SKU once; add the quantities up' })
        seen.add(sku)
      }
    }),
})

export const idempotencyHeaders = z.object({
  'idempotency-key': z
    .string()
    .regex(/^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters without spaces')
    .optional(),
})

export const orderIdParams = z.object({ id: z.uuid('a uuid, as given when the order was accepted') })

export const statusBody = z.strictObject({ ids: z.array(z.uuid('a uuid')).min(1).max(1_000) })
