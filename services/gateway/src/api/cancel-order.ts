// How does a customer call an order back? At any time before it is shipped; the orders service
// decides.
import { HttpProblemError, route } from '@orderpipeline/http'
import type { Route } from '@orderpipeline/http'
import type { Cancellation, CancellationContext } from '@orderpipeline/orders/cancellation'
import type { OrderStatus } from '@orderpipeline/order-events'
import { cancelledOrder, orderStatus } from '../responses.ts'
import { orderId, tooLate } from './examples.ts'
import { orderIdParams } from './request-fields.ts'
import { noOrder } from './problems.ts'

/** With a customer, another's order is not there. @throws DatabaseError */
export type Cancel = (
  orderId: string,
  customer: string | undefined,
  context: Omit<CancellationContext, 'now'>,
) => Promise<Cancellation>

export function cancellingRoute(cancel: Cancel): Route {
  return route({
    method: 'DELETE',
    path: '/orders/:id',
    summary: 'Cancels an order that has not been shipped; its stock is released and its payment refunded',
    access: 'customer',
    takes: { params: orderIdParams },
    answers: {
      200: {
        description: 'The order is cancelled, by this or an earlier request.',
        schema: cancelledOrder,
        examples: { cancelled: { orderId, status: 'CANCELLED' } },
      },
      404: { description: 'The customer has no such order.' },
      409: {
        description: 'It is too late; `state` is the status of the order.',
        members: { state: orderStatus },
        examples: { shipped: tooLate },
      },
    },
    handle: async ({ params: { id } }, request) => {
      const cancellation = await cancel(id, request.customer, request.correlation)
      switch (cancellation.kind) {
        case 'cancelled':
        case 'already-cancelled':
          return { orderId: id, status: 'CANCELLED' }
        case 'too-late':
          throw tooLateToCancel(cancellation.status)
        case 'unknown':
          throw noOrder(id)
      }
    },
  })
}

export function tooLateToCancel(state: OrderStatus): HttpProblemError {
  return new HttpProblemError(409, 'Too Late', `the order is ${state}`, {
    problems: [{ path: 'id', found: `an order that is ${state}`, allowed: 'an order that has not been shipped' }],
    members: { state },
  })
}
