// What do callers get back? The shapes that the OpenAPI document promises.
import { cancellationReasons, orderStatuses } from '@orderpipeline/order-events'
import { z } from 'zod'

const status = z.enum(orderStatuses)
const reason = z.enum(cancellationReasons).optional().describe('Only of a cancelled order.')
const time = z.iso.datetime({ offset: true })

export const accepted = z.object({ orderId: z.uuid(), status, trackingUrl: z.string() })

export const outcome = accepted.extend({ reason })

export const cancelledOrder = z.object({ orderId: z.uuid(), status: z.literal('CANCELLED') })

const line = z.object({ sku: z.string(), quantity: z.int(), unitPriceCents: z.int().optional() })

export const orderView = z.object({
  orderId: z.uuid(),
  customerId: z.string(),
  status,
  reason,
  currency: z.string(),
  totalCents: z.int().optional().describe('Absent until the order has been priced.'),
  items: z.array(line),
  placedAt: time,
  updatedAt: time,
  timeline: z
    .array(z.object({ event: z.string(), status: status.optional(), reason: z.string().optional(), at: time }))
    .describe('Every event about it; `status` where it brought one about.'),
})

const summary = orderView.omit({ customerId: true, items: true, timeline: true })

export const orderPage = z.object({
  orders: z.array(summary),
  next: z.string().optional().describe('The cursor of the next page; absent on the last.'),
})

export const statuses = z.object({
  orders: z.array(
    z.object({
      orderId: z.uuid(),
      status,
      reason,
      placedAt: time,
      updatedAt: time,
      terminalStates: z.int().describe('How many ends its history holds: one at the end, never two.'),
    }),
  ),
})

const refused = z.object({
  status: z.int(),
  title: z.string(),
  detail: z.string(),
  problems: z.array(z.object({ path: z.string(), found: z.string(), allowed: z.string() })).optional(),
  retryAfterSeconds: z.int().optional(),
})

export const batchResults = z.object({
  results: z
    .array(z.union([accepted.extend({ status: z.literal(202), repeated: z.boolean() }), refused]))
    .describe('One for each order, in the order in which they came.'),
})
