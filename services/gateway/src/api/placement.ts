// How does one order come in, whichever route it came by? What was placed before under its key is
// answered first, also while new orders are refused: a caller whose first answer was lost would
// otherwise order elsewhere what is on its way.
import { HttpProblemError } from '@orderpipeline/http'
import type { FastifyRequest } from '@orderpipeline/http'
import { expectedPriority, IntakeFullError } from '@orderpipeline/orders/intake'
import type { Intake, Placement } from '@orderpipeline/orders/intake'
import type { Admission, Lateness } from '../queues/admission.ts'
import { priorityOf as priorityRule } from '../priorities/class-of-order.ts'
import type { PrioritySettings } from '../priorities/settings.ts'
import { orderingCustomer } from './order-request.ts'
import type { OrderBody } from './order-request.ts'

export interface PlacedOrder extends Placement {
  /** Only a new order has it: a repeat gets the first answer again. */
  readonly late?: Lateness
}

export type PlaceOrder = (
  order: OrderBody,
  idempotencyKey: string | undefined,
  request: FastifyRequest,
) => Promise<PlacedOrder>

/** @throws HttpProblemError, and what the intake throws */
export function placement(intake: Intake, admission: Admission, priorities?: PrioritySettings): PlaceOrder {
  return async (order, idempotencyKey, request) => {
    const priorityOf = priorityRule(priorities, request.claimedPriority, order.currency)
    const newOrder = {
      ...order,
      priorityOf,
      customerId: orderingCustomer(request, order.customerId),
      idempotencyKey,
      ...request.correlation,
    }
    const priority = expectedPriority(newOrder)
    const refusal = admission.refusal(priority)
    if (refusal) return placedBefore(intake, newOrder, () => admission.shed(refusal, priority))
    try {
      const late = admission.lateness(priority)
      const placement = await intake.place(newOrder)
      if (placement.repeated || late === undefined) return placement
      admission.acceptedLate()
      return { ...placement, late }
    } catch (error) {
      if (!(error instanceof IntakeFullError)) throw error
      return placedBefore(intake, newOrder, () => error)
    }
  }
}

async function placedBefore(
  intake: Intake,
  newOrder: Parameters<Intake['placedBefore']>[0],
  refusal: () => Error,
): Promise<Placement> {
  const before = await intake.placedBefore(newOrder)
  if (before) return before
  throw refusal()
}

/** Where every order of a batch is refused for want of room, the batch is. */
export function refusalOfAll(results: readonly { readonly status: number; readonly retryAfterSeconds?: number }[]) {
  if (results.some(({ status }) => status !== 503)) return undefined
  const seconds = Math.max(1, ...results.map(({ retryAfterSeconds = 1 }) => retryAfterSeconds))
  return new HttpProblemError(
    503,
    'Service Unavailable',
    'no order of the batch can be accepted; nothing of this request was stored',
    {
      headers: { 'retry-after': String(seconds) },
    },
  )
}
