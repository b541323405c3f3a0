// How is an order, or many, looked at?
import { HttpProblem, route, type Route } from '@orderpipeline/kit-http'
import { z } from 'zod'
import type { OrderReader } from '../reading/order-reader.ts'
import { orderPage, orderView, statuses } from './answers.ts'
import { cursor, cursorOf } from './cursor.ts'
import { customerId, orderIdParams } from './fields.ts'
import { noOrder } from './problems.ts'

const statusBody = z.strictObject({ ids: z.array(z.uuid('a uuid')).min(1).max(1_000) })
const away = { 503: { description: 'The database is away; Retry-After says when to come again.' } }

export function readingRoutes(orders: OrderReader, authenticated: boolean): Route[] {
  const customer: z.ZodType<string | undefined> = authenticated ? customerId.optional() : customerId
  return [
    route({
      method: 'GET',
      path: '/orders/:id',
      summary: 'An order with its lines and its timeline',
      access: 'customer',
      takes: { params: orderIdParams },
      answers: {
        200: { description: 'The order.', schema: orderView },
        404: { description: 'No such order of this customer.' },
        ...away,
      },
      handle: async ({ params: { id } }, request) => {
        const order = await orders.byId(id, request.customer)
        if (!order) throw noOrder(id)
        return order
      },
    }),
    route({
      method: 'GET',
      path: '/orders',
      summary: "A customer's orders, newest first, a page at a time",
      access: 'customer',
      takes: {
        query: z.strictObject({
          customer,
          cursor: cursor.optional(),
          limit: z.coerce.number().int().min(1).max(100).default(20),
        }),
      },
      answers: {
        200: { description: 'A page of orders.', schema: orderPage },
        404: { description: 'The customer is not that of the token.' },
        ...away,
      },
      handle: async ({ query }, request) => {
        const whose = request.customer ?? query.customer ?? ''
        if (query.customer !== undefined && query.customer !== whose)
          throw new HttpProblem(404, 'Not Found', `no customer ${query.customer}`)
        const page = await orders.ofCustomer(whose, query.cursor, query.limit)
        const last = page.orders.at(-1)
        return { orders: page.orders, ...(page.more && last ? { next: cursorOf(last.orderId) } : {}) }
      },
    }),
    route({
      method: 'POST',
      path: '/orders/status',
      summary: 'The bare status of up to 1,000 orders; what is unknown is left out',
      access: 'customer',
      takes: { body: statusBody },
      answers: { 200: { description: 'Those that exist, in no order.', schema: statuses }, ...away },
      handle: async ({ body: { ids } }, request) => ({ orders: await orders.statuses(ids, request.customer) }),
    }),
  ]
}
