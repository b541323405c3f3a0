// What can be asked of the gateway over HTTP? To place an order, to see one, and to see the status of many.
import {
  createHttpServer,
  HttpProblem,
  overloaded,
  parsed,
  type FastifyReply,
  type FastifyRequest,
  type HttpServer,
  type HttpServerOptions,
} from '@orderpipeline/kit-http'
import { DatabaseError, type Queryable } from '@orderpipeline/kit-postgres'
import {
  IdempotencyConflict,
  IntakeFull,
  IntakeUnavailable,
  OrderRefused,
  type Intake,
} from '@orderpipeline/orders/intake'
import { orderById, statusesById } from '@orderpipeline/orders/queries'
import { idempotencyHeaders, orderBody, orderIdParams, statusBody } from './order-request.ts'

export interface AppOptions extends HttpServerOptions {
  readonly intake: Intake
  readonly database: Queryable
  /** Put before the path in tracking URLs; empty for relative ones. */
  readonly publicUrl: string
}

export function buildApp(options: AppOptions): HttpServer {
  const { intake, database, publicUrl } = options
  const server = createHttpServer(options)

  const placeOrder = async (request: FastifyRequest, reply: FastifyReply) => {
    const { 'idempotency-key': idempotencyKey } = parsed(idempotencyHeaders, request.headers)
    const order = parsed(orderBody, request.body)
    const { orderId, repeated } = await intake
      .place({ ...order, idempotencyKey, ...request.correlation })
      .catch((error: unknown) => {
        throw problemOf(error)
      })
    const trackingUrl = `${publicUrl}/v1/orders/${orderId}`
    if (repeated) void reply.header('idempotency-replayed', 'true')
    return reply.code(202).header('location', trackingUrl).send({ orderId, status: 'PLACED', trackingUrl })
  }

  const showOrder = async (request: FastifyRequest) => {
    const { id } = parsed(orderIdParams, request.params)
    const order = await orderById(database, id).catch((error: unknown) => {
      throw problemOf(error)
    })
    if (!order) throw new HttpProblem(404, 'Not Found', `no order ${id}`)
    return order
  }

  const showStatuses = async (request: FastifyRequest) => {
    const { ids } = parsed(statusBody, request.body)
    const orders = await statusesById(database, ids).catch((error: unknown) => {
      throw problemOf(error)
    })
    return { orders }
  }

  for (const prefix of ['/v1', '']) {
    server.app.post(`${prefix}/orders`, placeOrder)
    server.app.get(`${prefix}/orders/:id`, showOrder)
    server.app.post(`${prefix}/orders/status`, showStatuses)
  }
  return server
}

/** What the caller can act on, in HTTP's terms; anything else stays what it is and is answered 500. */
function problemOf(error: unknown): unknown {
  if (error instanceof IntakeFull) return overloaded('too many orders are waiting; nothing was kept', 1, error)
  if (error instanceof IntakeUnavailable || (error instanceof DatabaseError && error.retry))
    return overloaded('the order database does not answer; repeat with the same Idempotency-Key', 2, error)
  if (error instanceof IdempotencyConflict) return new HttpProblem(422, 'Idempotency Conflict', error.message)
  if (error instanceof OrderRefused) return new HttpProblem(422, 'Order Refused', error.message, { cause: error.cause })
  return error
}
