// What do callers get back? The shapes that the OpenAPI document promises.
import { cancellationReasons, orderStatuses, parcelStatuses } from '@orderpipeline/order-events'
import { availabilities } from '@orderpipeline/orders/queries'
import { z } from 'zod'

export const orderStatus = z.enum(orderStatuses)
const status = orderStatus
const reason = z.enum(cancellationReasons).optional().describe('Only of a cancelled order.')
const time = z.iso.datetime({ offset: true })

export const progress = z.object({
  done: z.int().describe('Steps that are done: placed, priced, reserved, paid, shipped.'),
  of: z.int().describe('As many as are done once nothing more is to come.'),
  secondsLeft: z
    .int()
    .optional()
    .describe('An estimate from what waits and from what orders took of late; absent while there is none.'),
})

export const accepted = z.object({
  orderId: z.uuid(),
  status,
  trackingUrl: z.string(),
  progress,
})

export const outcome = accepted.omit({ progress: true }).extend({ reason })

export const cancelledOrder = z.object({ orderId: z.uuid(), status: z.literal('CANCELLED') })

const line = z.object({ sku: z.string(), quantity: z.int(), unitPriceCents: z.int().optional() })

/** What is stored of an order, and kept in Redis once it is final. */
export const storedOrder = z.object({
  orderId: z.uuid(),
  customerId: z.string(),
  status,
  reason,
  currency: z.string(),
  totalCents: z
    .int()
    .optional()
    .describe(
      "In the currency's minor unit, the sum of the lines; absent until an order of an older gateway is priced.",
    ),
  parcel: z
    .object({
      carrier: z.string(),
      trackingNumber: z.string(),
      trackingUrl: z.string().optional(),
      status: z.enum(['UNDERWAY', ...parcelStatuses]),
    })
    .optional()
    .describe('Of a shipped order that a carrier carries.'),
  items: z.array(line),
  placedAt: time,
  updatedAt: time,
  timeline: z
    .array(z.object({ event: z.string(), status: status.optional(), reason: z.string().optional(), at: time }))
    .describe('Every event about it; `status` where it brought one about.'),
})

export const orderView = storedOrder.extend({ progress })

const summary = storedOrder.omit({ customerId: true, parcel: true, items: true, timeline: true })

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

const refusedEntry = z.object({
  status: z.int(),
  title: z.string(),
  detail: z.string(),
  problems: z.array(z.object({ path: z.string(), found: z.string(), allowed: z.string() })).optional(),
  retryAfterSeconds: z.int().optional(),
})

export const batchResults = z.object({
  results: z
    .array(
      z.union([
        accepted.omit({ progress: true }).extend({ status: z.literal(202), repeated: z.boolean() }),
        refusedEntry,
      ]),
    )
    .describe('One for each order, in the order in which they came.'),
})

const minorUnits = z.int().describe('Decimals of the currency (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD.')

export const product = z.object({
  sku: z.string(),
  name: z.string(),
  priceCents: z.int().describe('In the minor unit of `currency`.'),
  currency: z.string(),
  prices: z
    .array(z.object({ currency: z.string(), priceCents: z.int(), minorUnits }))
    .describe('In every currency it is sold in.'),
  availability: z
    .enum(availabilities)
    .optional()
    .describe('Whether it is there; absent where the inventory does not say. Only an order reserves any of it.'),
})

export const stockLevel = z.object({
  sku: z.string(),
  available: z.int().describe('Pieces that can still be reserved.'),
  low: z.boolean(),
  updatedAt: time,
})
