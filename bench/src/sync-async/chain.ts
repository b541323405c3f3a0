// With what is the platform compared? With a chain of services that call each other over HTTP and
// answer when all is done: order → inventory → payment → shipping → notification. Each commits its
// own part in PostgreSQL, into the platform's own tables, with the same pool, HTTP server and
// payment provider. A failure ends the chain; that it undoes nothing spares it work.
import { randomUUIDv7 } from 'node:crypto'
import type { FastifyInstance } from '@orderpipeline/http'
import type { Pool } from '@orderpipeline/postgres'
import { z } from 'zod'
import { statements } from './statements.ts'

const lines = z.array(z.object({ sku: z.string(), quantity: z.int().min(1) })).min(1)
const orderBody = z.object({ customerId: z.string(), items: lines })
const about = z.object({ orderId: z.uuid(), customerId: z.string() })

/** Base URLs of the services that come next, by name. */
export type Next = Readonly<Record<'inventory' | 'payment' | 'shipping' | 'notification' | 'provider', string>>

export type ChainService = 'orders' | Exclude<keyof Next, 'provider'>

/** Adds a service's one route. */
export const chainServices: Record<ChainService, (app: FastifyInstance, database: Pool, next: Next) => void> = {
  orders: (app, database, next) => {
    app.post('/v1/orders', async (request, reply) => {
      const { customerId, items } = orderBody.parse(request.body)
      const orderId = randomUUIDv7()
      const totalCents = await database.transaction(async (tx) => {
        const columns = [items.map(({ sku }) => sku), items.map(({ quantity }) => quantity)]
        const [order] = await tx.query<{ total_cents: number }>(statements.order, [orderId, customerId, ...columns])
        await tx.query(statements.items, [orderId, ...columns])
        return order?.total_cents ?? 0
      })
      const order = { orderId, customerId, items, amountCents: totalCents, currency: 'EUR' }
      await post(`${next.inventory}/reservations`, order)
      await post(`${next.payment}/payments`, order)
      await post(`${next.shipping}/shipments`, order)
      await post(`${next.notification}/notifications`, order)
      await database.query(statements.shipped, [orderId])
      return reply.code(201).send({ orderId, status: 'SHIPPED' })
    })
  },
  inventory: (app, database) => {
    app.post('/reservations', async (request, reply) => {
      const { orderId, customerId, items } = about.extend({ items: lines }).parse(request.body)
      const sorted = items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1)) // or two orders could each wait for the other
      const columns = [sorted.map(({ sku }) => sku), sorted.map(({ quantity }) => quantity)]
      await database.transaction(async (tx) => {
        await tx.query(statements.lockStock, [columns[0]])
        await tx.query(statements.reserve, columns)
        await tx.query(statements.reservation, [orderId, customerId])
        await tx.query(statements.reservedItems, [orderId, ...columns])
      })
      return reply.code(201).send({})
    })
  },
  payment: (app, database, next) => {
    app.post('/payments', async (request, reply) => {
      const charge = about.extend({ amountCents: z.int(), currency: z.string() }).parse(request.body)
      const { orderId, customerId, amountCents, currency } = charge
      const captured = await post(`${next.provider}/v1/charges`, charge, { 'idempotency-key': orderId })
      const { chargeId } = z.object({ chargeId: z.string() }).parse(captured)
      await database.query(statements.payment, [orderId, customerId, amountCents, currency, chargeId])
      return reply.code(201).send({})
    })
  },
  shipping: (app, database) => {
    app.post('/shipments', async (request, reply) => {
      const { orderId, customerId, items } = about.extend({ items: lines }).parse(request.body)
      await database.query(statements.shipment, [orderId, customerId, randomUUIDv7(), JSON.stringify(items)])
      return reply.code(201).send({})
    })
  },
  notification: (app, database) => {
    app.post('/notifications', async (request, reply) => {
      const { orderId, customerId } = about.parse(request.body)
      await database.query(statements.notification, [orderId, customerId])
      return reply.code(201).send({})
    })
  },
}

/** In the order in which an order reaches them. */
export const chainServiceNames = Object.keys(chainServices) as ChainService[]

/** Longer than any payment takes here. */
const timeoutMs = 60_000

export async function post(
  url: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): Promise<unknown> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(timeoutMs),
  })
  if (response.status !== 201) throw new Error(`${url} answered ${response.status}: ${await response.text()}`)
  return response.json()
}
