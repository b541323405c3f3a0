// What do ids and keys look like when they come in?
import { z } from 'zod'

export const customerIdPattern = /^[\w.:@+-]{1,64}$/
export const customerId = z.string().regex(customerIdPattern, '1 to 64 letters, digits or . : @ + - _')

export const skuPattern = /^[A-Z0-9][A-Z0-9-]{0,39}$/

export const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters without spaces')

export const orderIdParams = z.object({ id: z.uuid('a uuid, as given when the order was accepted') })
