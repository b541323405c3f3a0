// How does the shop's staff look at orders, decide about held ones, and cancel others? By token
// with the staff's scope and the scope of the route. Every look and act is in the order's history,
// under the subject of the token.
import { HttpProblemError, overloaded, retryAfterHeader, route } from '@orderpipeline/http'
import type { FastifyRequest, Route } from '@orderpipeline/http'
import type { Cancellation, CancellationContext } from '@orderpipeline/orders/cancellation'
import type { DecidedHold, HeldOrderView, HoldDecision } from '@orderpipeline/orders/holds'
import type { OrderView } from '@orderpipeline/orders/queries'
import type { StaffHistory, StaffMember } from '@orderpipeline/orders/staff'
import { z } from 'zod'
import { cancelledOrder, decidedOrder, heldOrderPage, orderStatus, staffOrderView } from '../responses.ts'
import { tooLateToCancel } from './cancel-order.ts'
import { cursor, cursorOf } from './cursor.ts'
import { heldOrdersPage, notHeld, orderId, shownStaffOrder, staffReason, tooLate } from './examples.ts'
import { noOrder } from './problems.ts'
import { orderIdParams, pageLimit } from './request-fields.ts'

/** What a member of the staff may be allowed to do with orders. */
export type StaffScope = 'orders:read' | 'orders:hold' | 'orders:cancel'

export interface StaffOrders {
  /** Those that are held, placed after the order `after`. @throws DatabaseError */
  held(after: string | undefined, limit: number): Promise<readonly HeldOrderView[]>
  /** @throws DatabaseError */
  order(orderId: string): Promise<{ readonly order: OrderView; readonly history: StaffHistory } | undefined>
  /** @throws DatabaseError */
  decide(
    decision: HoldDecision['decision'],
    orderId: string,
    staff: StaffMember,
    context: Omit<CancellationContext, 'now'>,
  ): Promise<DecidedHold>
  /** @throws DatabaseError */
  cancel(orderId: string, staff: StaffMember, context: Omit<CancellationContext, 'now'>): Promise<Cancellation>
  /** Keeps that they look at these orders. False: it cannot be kept now. */
  looks(staff: string, orderIds: readonly string[]): boolean
}

const text = /^[^\u0000-\u001f\u007f-\u009f]{1,500}$/u
const reasonBody = z.strictObject({
  reason: z.string().regex(text, '1 to 500 characters, none of them a control character'),
})
const forbidden = {
  403: {
    description:
      'The token has no staff scope or not the scope of this route, which the answer names; or the gateway has no staff.',
  },
}
const notStored = { description: 'It is about a customer.', schema: z.literal('no-store'), always: true }

export function staffOrderRoutes(orders: StaffOrders): Route[] {
  return [heldRoute(orders), orderRoute(orders), ...decisionRoutes(orders), cancelRoute(orders)]
}

function heldRoute(orders: StaffOrders): Route {
  return route({
    ...forStaff('orders:read'),
    method: 'GET',
    path: '/staff/orders',
    summary: 'The held orders, in the order of their placement, a page at a time. For staff',
    takes: { query: z.strictObject({ cursor: cursor.optional(), limit: pageLimit }) },
    answers: {
      200: {
        description: 'A page of held orders.',
        schema: heldOrderPage,
        headers: { 'cache-control': notStored },
        examples: { page: heldOrdersPage },
      },
      ...forbidden,
    },
    handle: async ({ query }, request, reply) => {
      const rows = await orders.held(query.cursor, query.limit + 1)
      const page = rows.slice(0, query.limit)
      const last = page.at(-1)
      recordLooks(orders, request, page)
      void reply.header('cache-control', 'no-store')
      return { orders: page, ...(rows.length > query.limit && last ? { next: cursorOf(last.orderId) } : {}) }
    },
  })
}

function orderRoute(orders: StaffOrders): Route {
  return route({
    ...forStaff('orders:read'),
    method: 'GET',
    path: '/staff/orders/:id',
    summary: "An order of any customer, its hold, and the staff's looks and acts. For staff",
    takes: { params: orderIdParams },
    answers: {
      200: {
        description: 'The order. Looks of the last second may be missing.',
        schema: staffOrderView,
        headers: { 'cache-control': notStored },
        examples: { order: shownStaffOrder },
      },
      404: { description: 'There is no such order.' },
      ...forbidden,
    },
    handle: async ({ params: { id } }, request, reply) => {
      const staffView = await orders.order(id)
      if (!staffView) throw noOrder(id)
      const { order, history } = staffView
      recordLooks(orders, request, [order])
      void reply.header('cache-control', 'no-store')
      return { order, ...(history.hold ? { hold: history.hold } : {}), acts: history.acts, looks: history.looks }
    },
  })
}

function decisionRoutes(orders: StaffOrders): Route[] {
  const decisionRoute = (path: string, decision: HoldDecision['decision'], summary: string) =>
    route({
      ...forStaff('orders:hold'),
      method: 'POST',
      path,
      summary,
      takes: { params: orderIdParams, body: reasonBody },
      examples: { reason: staffReason },
      answers: {
        200: {
          description: 'It is decided so, by this request or before; `status` is what the order is now.',
          schema: decidedOrder,
          examples: { decided: { orderId, status: decision === 'RELEASE' ? 'PROCESSING' : 'CANCELLED' } },
        },
        404: { description: 'There is no such order.' },
        409: {
          description: 'The order is not held, or it has been decided in the other way; `state` is its status.',
          members: { state: orderStatus },
          headers: { 'retry-after': { ...retryAfterHeader, always: false } },
          examples: { notHeld },
        },
        ...forbidden,
      },
      handle: async ({ params: { id }, body: { reason } }, request) => {
        const staff = memberOf(request, reason)
        const decided = await orders.decide(decision, id, staff, request.correlation)
        if (decided.kind === 'decided') note(request, decision, id)
        return { orderId: id, status: decidedStatus(decided, id) }
      },
    })
  return [
    decisionRoute('/staff/orders/:id/release', 'RELEASE', 'Releases a held order: it is charged. For staff'),
    decisionRoute('/staff/orders/:id/reject', 'REJECT', 'Cancels a held order: its stock is released. For staff'),
  ]
}

function cancelRoute(orders: StaffOrders): Route {
  return route({
    ...forStaff('orders:cancel'),
    method: 'POST',
    path: '/staff/orders/:id/cancel',
    summary: 'Cancels an order of any customer that has not been shipped. For staff',
    takes: { params: orderIdParams, body: reasonBody },
    examples: { reason: staffReason },
    answers: {
      200: {
        description: 'The order is cancelled, by this or an earlier request.',
        schema: cancelledOrder,
        examples: { cancelled: { orderId, status: 'CANCELLED' } },
      },
      404: { description: 'There is no such order.' },
      409: {
        description: 'It is too late; `state` is the status of the order.',
        members: { state: orderStatus },
        examples: { shipped: tooLate },
      },
      ...forbidden,
    },
    handle: async ({ params: { id }, body: { reason } }, request) => {
      const cancellation = await orders.cancel(id, memberOf(request, reason), request.correlation)
      if (cancellation.kind === 'unknown') throw noOrder(id)
      if (cancellation.kind === 'too-late') throw tooLateToCancel(cancellation.status)
      if (cancellation.kind === 'cancelled') note(request, 'CANCEL', id)
      return { orderId: id, status: 'CANCELLED' }
    },
  })
}

function forStaff(scope: StaffScope) {
  return { access: 'staff', scope } as const
}

function memberOf({ staff }: FastifyRequest, reason: string): StaffMember {
  return { name: staff ?? '', reason }
}

/** @throws HttpProblemError where the looks cannot be recorded: then the orders are not shown. */
function recordLooks(
  orders: StaffOrders,
  { staff }: FastifyRequest,
  viewedOrders: readonly { readonly orderId: string }[],
) {
  const ids = viewedOrders.map((order) => order.orderId)
  if (ids.length > 0 && !orders.looks(staff ?? '', ids))
    throw overloaded('looks at orders cannot be recorded now, so that none is shown', 2)
}

/** @throws HttpProblemError 404, 409 */
function decidedStatus(decided: DecidedHold, id: string): string {
  switch (decided.kind) {
    case 'decided':
    case 'decided-before':
      return decided.status
    case 'not-held':
      throw new HttpProblemError(409, 'Not Held', `the order is ${decided.status}`, {
        problems: [{ path: 'id', found: `an order that is ${decided.status}`, allowed: 'an order that is HELD' }],
        members: { state: decided.status },
      })
    case 'not-reserved':
      throw new HttpProblemError(409, 'Not Reserved', 'the stock of the order is not known to be reserved yet', {
        problems: [
          { path: 'id', found: 'an order without stock', allowed: 'the same request, some seconds later, or reject' },
        ],
        headers: { 'retry-after': '2' },
        members: { state: 'HELD' },
      })
    case 'unknown':
      throw noOrder(id)
  }
}

function note(request: FastifyRequest, act: string, id: string): void {
  request.log.info({ staff: request.staff, orderId: id, act, ...request.correlation }, 'the staff acted on an order')
}
