// What do callers get back? The shapes that the OpenAPI document promises.
import {
  cancellationReasons,
  disputeOutcomes,
  orderStatuses,
  parcelStatuses,
  priorities,
} from '@orderpipeline/order-events'
import { availabilities } from '@orderpipeline/orders/queries'
import { staffActs } from '@orderpipeline/orders/staff'
import { z } from 'zod'

export const orderStatus = z.enum(orderStatuses)
const status = orderStatus
const reason = z.enum(cancellationReasons).optional().describe('Only a cancelled order has it.')
const time = z.iso.datetime({ offset: true })

export const progress = z.object({
  done: z.int().describe('Finished steps: placed, priced, reserved, paid, shipped.'),
  of: z.int().describe('Equals the finished steps once no further step follows.'),
  secondsLeft: z
    .int()
    .optional()
    .describe('An estimate from the queues and from recent orders; absent while there is none.'),
})

const late = z
  .object({ promisedSeconds: z.int(), expectedSeconds: z.int() })
  .optional()
  .describe('Only a new order has it whose outcome takes longer than promised: both times until the outcome.')

export const accepted = z.object({
  orderId: z.uuid(),
  status,
  trackingUrl: z.string(),
  progress,
  late,
})

export const outcome = accepted.omit({ progress: true, late: true }).extend({ reason })

export const decidedOrder = z.object({ orderId: z.uuid(), status })

export const cancelledOrder = z.object({ orderId: z.uuid(), status: z.literal('CANCELLED') })

const refundStatus = z
  .enum(['REQUESTED', 'REFUNDED', 'REFUSED'])
  .describe('REQUESTED until the payment provider has made it; REFUSED: it will not be made.')
const pieces = z.array(z.object({ sku: z.string(), quantity: z.int() }))

export const requestedRefund = z.object({
  orderId: z.uuid(),
  refundId: z.uuid(),
  amountCents: z.int().describe("In the minor unit of the order's currency."),
  status: refundStatus,
})

const refund = z.object({
  refundId: z.uuid(),
  amountCents: z.int(),
  status: refundStatus,
  reason: z.string(),
  refusal: z.string().optional().describe('Why it was refused, such as DISPUTED.'),
  items: pieces.optional().describe('The pieces that were refunded; none where it was an amount.'),
  restocked: pieces.optional().describe('The pieces that came back into stock.'),
  at: time.describe('When it was requested.'),
  settledAt: time.optional().describe('When it was made or refused.'),
})

const dispute = z.object({
  disputeId: z.string(),
  status: z
    .enum(['OPEN', ...disputeOutcomes])
    .describe('WON: the shop has the money again; LOST: the customer keeps it.'),
  amountCents: z.int(),
  currency: z.string(),
  reason: z.string().describe("The bank's, as the payment provider spells it."),
  openedAt: time,
  closedAt: time.optional(),
})

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
      "In the currency's minor unit, the sum of the lines; absent until the stage prices an order of an older gateway.",
    ),
  priority: z.enum(priorities).optional().describe('The class of the order; absent of a standard one.'),
  parcel: z
    .object({
      carrier: z.string(),
      trackingNumber: z.string(),
      trackingUrl: z.string().optional(),
      status: z.enum(['UNDERWAY', ...parcelStatuses]),
    })
    .optional()
    .describe('Only a shipped order with a carrier has it.'),
  items: z.array(line),
  refunds: z.array(refund).optional().describe('Refunds of parts of the payment, the oldest first.'),
  disputes: z.array(dispute).optional().describe('The customer had their bank take the payment back.'),
  requestId: z
    .string()
    .optional()
    .describe('The x-request-id of the request that placed it; the logs have it as correlationId.'),
  traceId: z
    .string()
    .optional()
    .describe('The trace of that request and of its order, where it was sampled; 32 hexadecimal digits.'),
  placedAt: time,
  updatedAt: time,
  timeline: z
    .array(
      z.object({
        event: z.string(),
        status: status.optional(),
        reason: z.string().optional(),
        at: time,
        refundId: z.uuid().optional(),
        disputeId: z.string().optional(),
      }),
    )
    .describe(
      'Every event of the order; `status` if the event changed it. Each refund of a part and each dispute has its own.',
    ),
})

export const orderView = storedOrder.extend({ progress })

const summary = storedOrder.omit({
  customerId: true,
  priority: true,
  parcel: true,
  items: true,
  refunds: true,
  disputes: true,
  requestId: true,
  traceId: true,
  timeline: true,
})

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
      terminalStates: z.int().describe('Number of ends in its history: one at the end, never two.'),
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
    .describe('One result for each order, in the sequence of the request.'),
})

const minorUnits = z.int().describe('Decimals of the currency (ISO 4217): 2 for EUR, 0 for JPY, 3 for KWD.')

export const product = z.object({
  sku: z.string(),
  name: z.string(),
  priceCents: z.int().describe('The price in the minor unit of `currency`.'),
  currency: z.string(),
  prices: z
    .array(z.object({ currency: z.string(), priceCents: z.int(), minorUnits }))
    .describe('The price in every currency of the product.'),
  availability: z
    .enum(availabilities)
    .optional()
    .describe('Availability; absent if inventory reports none. Only an order reserves stock.'),
})

export const stockLevel = z.object({
  sku: z.string(),
  available: z.int().describe('Pieces available for reservation.'),
  low: z.boolean(),
  updatedAt: time,
})

const holdReasons = z.array(z.string()).describe('In the words of the stage that asked for the hold.')
const due = {
  dueAt: time.describe('When time decides if no person has decided by then.'),
  atDue: z.enum(['CANCEL', 'RELEASE']).describe('How time decides.'),
}

export const heldOrderPage = z.object({
  orders: z.array(
    z.object({
      orderId: z.uuid(),
      customerId: z.string(),
      currency: z.string(),
      totalCents: z.int().optional(),
      placedAt: time,
      reasons: holdReasons,
      heldAt: time,
      ...due,
    }),
  ),
  next: z.string().optional().describe('The cursor of the next page; absent on the last.'),
})

/** What the staff sees of an order. */
export const staffOrderView = z.object({
  order: storedOrder,
  hold: z
    .object({
      reasons: holdReasons,
      heldAt: time,
      ...due,
      outcome: z.enum(['RELEASED', 'CANCELLED']).optional(),
      decidedBy: z.enum(['STAFF', 'CUSTOMER', 'TIME', 'EVENT']).optional(),
      decidedAt: time.optional(),
    })
    .optional()
    .describe('Only an order that is held or has been has it.'),
  acts: z
    .array(
      z.object({
        staff: z.string().describe('The subject of their token.'),
        act: z.enum(staffActs),
        reason: z.string(),
        statusBefore: status,
        at: time,
      }),
    )
    .describe('What the staff did with the order, the newest first, 200 at most.'),
  looks: z
    .array(z.object({ staff: z.string(), since: time, looks: z.int(), lastAt: time }))
    .describe('Who of the staff looked at the order, by hour, the newest first, 200 at most.'),
})
