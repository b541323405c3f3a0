// How is an order placed? By itself and answered at once, by itself with a wait for its outcome, or many in one request.
import {
  HttpProblem,
  parsed,
  route,
  schemaOf,
  type FastifyReply,
  type FastifyRequest,
  type Route,
} from '@orderpipeline/kit-http'
import type { Intake } from '@orderpipeline/orders/intake'
import { z } from 'zod'
import type { Outcomes } from '../watch/outcomes.ts'
import { largestBatch } from '../limits/settings.ts'
import { accepted, batchResults, outcome } from './answers.ts'
import { batchItem, idempotencyHeaders, orderBody, orderingCustomer } from './order-request.ts'
import { problemOf } from './problems.ts'
import { appliedPreference, waitMsOf } from './prefer.ts'

export interface PlacingOptions {
  readonly intake: Intake
  readonly outcomes: Outcomes
  /** Throws where an order would wait for longer than promised. */
  readonly admit: () => void
  /** Whether tokens say who orders. */
  readonly authenticated: boolean
  readonly trackingUrl: (orderId: string) => string
  readonly bodyLimitBytes: number
  /** Longest wait for an outcome, milliseconds. */
  readonly maxWaitMs: number
}

/** A batch may be so many times as large as one order's body. */
const batchBodies = 16

const refusals = {
  403: { description: 'The order names another customer than the token.' },
  409: {
    description:
      'The order first sent under this Idempotency-Key is being placed; Retry-After says when to come again.',
  },
  422: { description: 'The Idempotency-Key was used before with another order.' },
  429: { description: 'Too many requests of this customer or address; Retry-After says when to come again.' },
  503: { description: 'Too much is waiting, or the database is away; Retry-After says when to come again.' },
}

export function placingRoutes(options: PlacingOptions): Route[] {
  const { intake, outcomes, admit, authenticated, trackingUrl } = options
  const one = orderBody(authenticated)
  const ofBatch = batchItem(authenticated)
  const takes = { headers: idempotencyHeaders, body: one }

  const place = (order: z.output<typeof one>, idempotencyKey: string | undefined, request: FastifyRequest) =>
    intake.place({
      ...order,
      customerId: orderingCustomer(request, order.customerId),
      idempotencyKey,
      ...request.correlation,
    })

  const acceptedAnswer = (reply: FastifyReply, orderId: string) => {
    const url = trackingUrl(orderId)
    return reply.code(202).header('location', url).send({ orderId, status: 'PLACED', trackingUrl: url })
  }

  const placeOne = async (entry: unknown, request: FastifyRequest) => {
    try {
      const { idempotencyKey, ...order } = parsed(ofBatch, entry)
      const { orderId, repeated } = await place(order, idempotencyKey, request)
      return { status: 202, orderId, repeated, trackingUrl: trackingUrl(orderId) }
    } catch (error) {
      const problem = problemOf(error)
      if (problem instanceof HttpProblem) return refusedItem(problem)
      request.log.error({ error, ...request.correlation }, 'an order of a batch failed')
      return { status: 500, title: 'Internal Error', detail: 'repeat with the same idempotencyKey' }
    }
  }

  return [
    route({
      method: 'POST',
      path: '/orders',
      summary: 'Places an order',
      access: 'customer',
      takes,
      answers: { 202: { description: 'It is durable, and will be worked on.', schema: accepted }, ...refusals },
      handle: async ({ headers, body }, request, reply) => {
        admit()
        const { orderId, repeated } = await place(body, headers['idempotency-key'], request)
        if (repeated) void reply.header('idempotency-replayed', 'true')
        return acceptedAnswer(reply, orderId)
      },
    }),
    route({
      method: 'POST',
      path: '/orders/sync',
      summary: 'Places an order and waits for its outcome, for as long as `Prefer: wait=<seconds>` says and is allowed',
      access: 'customer',
      takes: {
        headers: idempotencyHeaders.extend({ prefer: z.string().optional().describe('Such as wait=5') }),
        body: one,
      },
      answers: {
        200: { description: 'Its outcome.', schema: outcome },
        202: { description: 'It is durable; the outcome took longer, or too many wait already.', schema: accepted },
        ...refusals,
      },
      handle: async ({ headers, body }, request, reply) => {
        admit()
        const waitMs = waitMsOf(headers.prefer, options.maxWaitMs)
        const { orderId, repeated } = await place(body, headers['idempotency-key'], request)
        if (repeated) void reply.header('idempotency-replayed', 'true')
        void reply.header('preference-applied', appliedPreference(waitMs))
        const settled = await outcomes.of(orderId, waitMs, reply.raw)
        if (!settled) return acceptedAnswer(reply, orderId)
        return { orderId, ...settled, trackingUrl: trackingUrl(orderId) }
      },
    }),
    route({
      method: 'POST',
      path: '/orders/batch',
      summary: `Places up to ${largestBatch} orders, each with its own idempotency key and its own answer`,
      access: 'customer',
      bodyLimitBytes: options.bodyLimitBytes * batchBodies,
      takes: {
        // Each order is checked by itself, so that a wrong one does not take the others with it.
        body: z.strictObject({
          orders: z
            .array(z.unknown().meta(schemaOf(ofBatch, 'input')))
            .min(1)
            .max(largestBatch),
        }),
      },
      answers: {
        207: { description: 'What became of each.', schema: batchResults },
        429: refusals[429],
        503: refusals[503],
      },
      handle: async ({ body }, request, reply) => {
        admit()
        const results = await Promise.all(body.orders.map((entry) => placeOne(entry, request)))
        return reply.code(207).send({ results })
      },
    }),
  ]
}

function refusedItem({ status, title, message, problems, headers }: HttpProblem) {
  const retryAfter = headers['retry-after']
  return {
    status,
    title,
    detail: message,
    ...(problems ? { problems } : {}),
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: Number(retryAfter) }),
  }
}
