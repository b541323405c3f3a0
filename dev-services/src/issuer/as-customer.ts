// How does a page that has no token call the gateway? The API server's proxy takes the
// Authorization header for itself, so that the console cannot send a customer's token through it.
// It calls here instead, and the request goes on to the gateway with a token of that customer.
// Whose an order is, the gateway says to a token of its staff.
import { HttpProblemError, overloaded, parsed } from '@orderpipeline/http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from '@orderpipeline/http'
import { z } from 'zod'
import { BoundedStore } from '../bounded-store.ts'
import type { Issuer } from './issuer.ts'
import { customer } from './routes.ts'

const timeoutMs = 30_000
const answerBytesAtMost = 8_388_608
const methods = ['GET', 'POST', 'DELETE'] as const
const orderParams = z.object({ id: z.uuid('a uuid') })
/** Orders whose customers are remembered, the last that were placed here. */
const ordersAtMost = { count: 10_000, bytes: 10_000_000 }
const placedOrders = z.union([
  z.object({ orderId: z.uuid() }).transform(({ orderId }) => [orderId]),
  z
    .object({ results: z.array(z.object({ orderId: z.uuid().optional() })) })
    .transform(({ results }) => results.flatMap(({ orderId }) => orderId ?? [])),
  z
    .object({ orders: z.array(z.object({ orderId: z.uuid() })) })
    .transform(({ orders }) => orders.map(({ orderId }) => orderId)),
])
/** What the gateway shows its staff of an order, as far as it is needed here. */
const staffOrder = z.object({ order: z.object({ customerId: customer }) })
/** The subject of the tokens that ask for an order's customer; the gateway records its looks. */
const staffName = 'dev-services'
const params = z.object({ customer, '*': z.string().regex(/^v1\//, 'a path of the gateway that begins with v1/') })
/** What a caller may say of a request besides its body. */
const passedHeaders = ['idempotency-key', 'prefer', 'x-request-id'] as const

export interface GatewayAccess {
  /** The gateway's address; without one there is none to call. */
  readonly url: string | undefined
  /** Whose tokens have this scope are the gateway's staff. */
  readonly staffScope: string
}

export function serveAsCustomer(app: FastifyInstance, issuer: Issuer, { url, staffScope }: GatewayAccess): void {
  const customers = new BoundedStore<string>(ordersAtMost)
  const call = async (request: Calling, path: string, who: string, scope?: string): Promise<GatewayAnswer> => {
    if (url === undefined) throw new HttpProblemError(404, 'Not Found', 'GATEWAY_URL is not set')
    const { access_token: token } = await issuer.token(who, scope)
    return await answerOf(request, `${url.replace(/\/$/, '')}/${path}`, token)
  }
  const remember = (order: string, owner: string): void => customers.put(order, owner, order.length + owner.length)
  /** Its customer, or the answer that is given instead. */
  const ownerOf = async (request: FastifyRequest, order: string): Promise<string | GatewayAnswer> => {
    const existing = customers.get(order)
    if (existing !== undefined) return existing
    const answer = await call(reading(request), `v1/staff/orders/${order}`, staffName, `${staffScope} orders:read`)
    if (answer.status === 401 || answer.status === 403) throw unknownOwner(staffScope)
    if (answer.status !== 200) return answer
    const owner = ownerIn(answer.text)
    remember(order, owner)
    return owner
  }
  app.route({
    method: [...methods],
    url: '/as/:customer/*',
    handler: async (request, reply) => {
      const { customer: id, '*': path } = parsed(params, request.params)
      const answer = await call(request, `${path}${/\?.*$/.exec(request.url)?.[0] ?? ''}`, id)
      for (const order of ordersIn(answer.text)) remember(order, id)
      return await send(reply, answer)
    },
  })
  // An order is shown to its customer only; who looks one up by its id alone need not know them.
  app.route({
    method: ['GET', 'DELETE'],
    url: '/orders/:id',
    handler: async (request, reply) => {
      const { id } = parsed(orderParams, request.params)
      const owner = await ownerOf(request, id)
      return await send(reply, typeof owner === 'string' ? await call(request, `v1/orders/${id}`, owner) : owner)
    },
  })
}

type Calling = Pick<FastifyRequest, 'method' | 'headers' | 'body'>

function reading({ headers }: Calling): Calling {
  return { method: 'GET', headers, body: undefined }
}

function unknownOwner(staffScope: string): HttpProblemError {
  return new HttpProblemError(
    403,
    'Forbidden',
    `the gateway shows an order to its customer, and to staff with the scope ${staffScope}, which it does not know: ` +
      'look it up among those of its customer',
  )
}

/** @throws HttpProblemError where the answer is no order as the staff sees it */
function ownerIn(text: string): string {
  try {
    return staffOrder.parse(JSON.parse(text)).order.customerId
  } catch (cause) {
    throw new HttpProblemError(502, 'Bad Gateway', 'the gateway’s answer is no order', { cause })
  }
}

interface GatewayAnswer {
  readonly status: number
  readonly type: string
  readonly text: string
}

async function answerOf(request: Calling, url: string, token: string): Promise<GatewayAnswer> {
  const passed = passedHeaders.flatMap((name) => {
    const value = request.headers[name]
    return typeof value === 'string' ? [[name, value] as const] : []
  })
  const answer = await fetch(url, {
    method: request.method,
    headers: {
      ...Object.fromEntries(passed),
      ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      authorization: `Bearer ${token}`,
    },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
    ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
  }).catch((cause: unknown) => {
    throw overloaded('the gateway does not answer', 1, cause)
  })
  const text = await answer.text()
  if (text.length > answerBytesAtMost) throw overloaded('the gateway’s answer is too large', 1)
  return { status: answer.status, type: answer.headers.get('content-type') ?? 'application/json', text }
}

function send(reply: FastifyReply, { status, type, text }: GatewayAnswer): FastifyReply {
  return reply.code(status).type(type).send(text)
}

/** Those that an answer names: a placed order, a batch, or a list. */
function ordersIn(text: string): readonly string[] {
  try {
    return placedOrders.parse(JSON.parse(text))
  } catch {
    return [] // It names none.
  }
}
