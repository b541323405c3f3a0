// How does a caller read one order, or many?
import { route } from '@orderpipeline/http'
import type { Route } from '@orderpipeline/http'
import { z } from 'zod'
import type { Estimates } from '../estimates/estimator.ts'
import type { OrderReader } from '../order-read-model/order-reader.ts'
import { orderPage, orderView, statuses } from '../responses.ts'
import { cursor, cursorOf } from './cursor.ts'
import { orderId, ordersPage, shownOrder, statusesAnswer } from './examples.ts'
import { customerId, customerOf, orderIdParams, pageLimit, subject } from './request-fields.ts'
import { noOrder, notThere } from './problems.ts'
import { progressOf } from './progress.ts'

const statusBody = z.strictObject({ ids: z.array(z.uuid('a uuid')).min(1).max(1_000) })

/** An order is its customer's: no cache between them and the gateway may keep it. */
const notStored = { description: 'It belongs to one customer.', schema: z.literal('no-store'), always: true }

export function readingRoutes(orders: OrderReader, estimates: Estimates, authenticated: boolean): Route[] {
  const customer: z.ZodType<string | undefined> = authenticated ? subject.optional() : customerId
  return [orderRoute(orders, estimates), ordersOfCustomerRoute(orders, customer), statusesRoute(orders)]
}

function orderRoute(orders: OrderReader, estimates: Estimates): Route {
  return route({
    method: 'GET',
    path: '/orders/:id',
    summary: 'An order with its lines and its timeline',
    access: 'customer',
    takes: { params: orderIdParams },
    answers: {
      200: {
        description: 'The order.',
        schema: orderView,
        headers: { 'cache-control': notStored },
        examples: { order: shownOrder },
      },
      404: { description: 'The customer has no such order.' },
    },
    handle: async ({ params: { id } }, request, reply) => {
      const order = await orders.byId(id, request.customer)
      if (!order) throw noOrder(id)
      void reply.header('cache-control', 'no-store')
      return { ...order, progress: progressOf(order, estimates) }
    },
  })
}

function ordersOfCustomerRoute(orders: OrderReader, customer: z.ZodType<string | undefined>): Route {
  return route({
    method: 'GET',
    path: '/orders',
    summary: "A customer's orders, newest first, a page at a time",
    access: 'customer',
    takes: {
      query: z.strictObject({
        customer,
        cursor: cursor.optional(),
        limit: pageLimit,
      }),
    },
    answers: {
      200: {
        description: 'A page of orders.',
        schema: orderPage,
        headers: { 'cache-control': notStored },
        examples: { page: ordersPage },
      },
      404: { description: 'The token names another customer.' },
    },
    handle: async ({ query }, request, reply) => {
      const owner = request.customer ?? query.customer ?? ''
      if (query.customer !== undefined && query.customer !== owner && customerOf(query.customer) !== owner)
        throw notThere(
          'customer',
          query.customer,
          `no customer ${query.customer}`,
          'the customer of the token, or none',
        )
      const page = await orders.ofCustomer(owner, query.cursor, query.limit)
      const last = page.orders.at(-1)
      void reply.header('cache-control', 'no-store')
      return { orders: page.orders, ...(page.more && last ? { next: cursorOf(last.orderId) } : {}) }
    },
  })
}

function statusesRoute(orders: OrderReader): Route {
  return route({
    method: 'POST',
    path: '/orders/status',
    summary: 'The status of up to 1,000 orders; unknown ones are left out',
    access: 'customer',
    takes: { body: statusBody },
    examples: { two: { ids: [orderId, '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e10'] } },
    answers: {
      200: {
        description: 'The orders that exist, in any sequence.',
        schema: statuses,
        examples: { one: statusesAnswer },
      },
    },
    handle: async ({ body: { ids } }, request) => ({ orders: await orders.statuses(ids, request.customer) }),
  })
}
