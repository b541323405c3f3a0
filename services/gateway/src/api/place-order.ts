// How is an order placed? By itself and answered at once, by itself with a wait for its outcome, or
// many in one request.
import { HttpProblemError, parsed, retryAfterHeader, route, schemaOf } from '@orderpipeline/http'
import type { FastifyReply, FastifyRequest, Route } from '@orderpipeline/http'
import type { OrderStatus } from '@orderpipeline/order-events'
import type { Intake } from '@orderpipeline/orders/intake'
import type { StatusView } from '@orderpipeline/orders/queries'
import { z } from 'zod'
import { noEstimates } from '../estimates/estimator.ts'
import type { Estimates } from '../estimates/estimator.ts'
import type { Admission } from '../queues/admission.ts'
import type { Outcomes } from '../order-subscriptions/outcomes.ts'
import { largestBatch } from '../limits/settings.ts'
import { accepted, batchResults, outcome } from '../responses.ts'
import { acceptedOrder, batchAnswer, batchToPlace, orderToPlace, paidOrder, refusedOrder } from './examples.ts'
import { batchHeaders, batchItem, derivedKey, idempotencyHeaders, orderBody } from './order-request.ts'
import { placement as placementOf, refusalOfAll } from './placement.ts'
import type { PlacedOrder } from './placement.ts'
import { problemOf } from './problems.ts'
import type { PrioritySettings } from '../priorities/settings.ts'
import { progressAt } from './progress.ts'
import { appliedPreference, waitMsOf } from './prefer.ts'

export interface PlacingOptions {
  readonly intake: Intake
  readonly outcomes: Outcomes
  /** Statuses of orders that were just placed. */
  readonly statuses: (orderIds: readonly string[]) => Promise<readonly StatusView[]>
  readonly admission: Admission
  readonly priorities?: PrioritySettings | undefined
  readonly estimates: Estimates
  /** Whether tokens name the customer. */
  readonly authenticated: boolean
  readonly trackingUrl: (orderId: string) => string
  readonly bodyLimitBytes: number
  /** Longest wait for an outcome, milliseconds. */
  readonly maxWaitMs: number
}

/** A batch may be so many times as large as one order's body. */
const batchBodies = 16

const refusals = {
  403: { description: 'The order names another customer than the token, or the token names no customer.' },
  409: {
    description:
      'The first order with this Idempotency-Key is being placed; Retry-After gives the seconds until the next attempt.',
    headers: { 'retry-after': retryAfterHeader },
  },
  422: {
    description:
      'A product is not sold in the currency; or the total is not the expected one; or the Idempotency-Key belongs to another order.',
  },
  503: {
    description:
      'Too many orders wait, or the database is unavailable. A repeat of an accepted order still gets its answer.',
    headers: { 'retry-after': retryAfterHeader },
  },
}

const location = { description: 'The tracking URL.', schema: z.string(), always: true }
const replayHeader = {
  description: 'The order was placed before under this Idempotency-Key.',
  schema: z.literal('true'),
}
const preferenceApplied = {
  description: 'The seconds that the gateway waits for the outcome.',
  schema: z.string().regex(/^wait=\d+$/),
  always: true,
}

export function placingRoutes(options: PlacingOptions): Route[] {
  const placing = orderPlacing(options)
  return [placeRoute(options, placing), placeAndWaitRoute(options, placing), placeBatchRoute(options, placing)]
}

/** What the routes do with the intake. */
type OrderPlacing = ReturnType<typeof orderPlacing>

function orderPlacing(options: PlacingOptions) {
  const { intake, admission, estimates, trackingUrl, statuses, authenticated } = options
  const place = placementOf(intake, admission, options.priorities)
  const ofBatch = batchItem(authenticated)

  const acceptedAnswer = (
    reply: FastifyReply,
    { orderId, repeated, late }: PlacedOrder,
    status: OrderStatus = 'PLACED',
  ) => {
    const url = trackingUrl(orderId)
    // A repeat gets the first answer again; for how long it waits is no part of that.
    const progress = progressAt(status, repeated ? noEstimates : estimates)
    return reply.code(202).header('location', url).send({ orderId, status, trackingUrl: url, progress, late })
  }
  const placeAndFollow: typeof place = async (...args) => {
    const placement = await place(...args)
    if (!placement.repeated) estimates.placed(placement.orderId)
    return placement
  }
  /** An order is accepted whether or not it can be read just now. */
  const statusOf = async (orderId: string): Promise<OrderStatus | undefined> => {
    const [view] = await statuses([orderId]).catch(() => [])
    return view?.status
  }

  const placeOne = async (entry: unknown, derivedKey: string | undefined, request: FastifyRequest) => {
    try {
      const { idempotencyKey = derivedKey, ...order } = parsed(ofBatch, entry)
      const { orderId, repeated, late } = await place(order, idempotencyKey, request)
      return { status: 202, orderId, repeated, trackingUrl: trackingUrl(orderId), late }
    } catch (error) {
      const problem = problemOf(error)
      if (problem instanceof HttpProblemError) return refusedItem(problem)
      request.log.error({ error, ...request.correlation }, 'an order of a batch failed')
      return { status: 500, title: 'Internal Error', detail: 'repeat with the same idempotencyKey' }
    }
  }
  return { acceptedAnswer, placeAndFollow, statusOf, placeOne }
}

function placeRoute(options: PlacingOptions, placing: OrderPlacing): Route {
  return route({
    method: 'POST',
    path: '/orders',
    summary: 'Places an order',
    access: 'customer',
    takes: { headers: idempotencyHeaders, body: orderBody(options.authenticated) },
    examples: { order: orderToPlace(options.authenticated) },
    answers: {
      202: {
        description: 'The order is durable and will be handled.',
        schema: accepted,
        headers: { location, 'idempotency-replayed': replayHeader },
        examples: { placed: acceptedOrder },
      },
      ...refusals,
    },
    handle: async ({ headers, body }, request, reply) => {
      const placement = await placing.placeAndFollow(body, headers['idempotency-key'], request)
      if (placement.repeated) void reply.header('idempotency-replayed', 'true')
      return placing.acceptedAnswer(reply, placement)
    },
  })
}

function placeAndWaitRoute(options: PlacingOptions, placing: OrderPlacing): Route {
  return route({
    method: 'POST',
    path: '/orders/sync',
    summary: 'Places an order and waits for its outcome, up to `Prefer: wait=<seconds>` and the allowed time',
    access: 'customer',
    takes: {
      headers: idempotencyHeaders.extend({ prefer: z.string().optional().describe('Such as wait=5.') }),
      body: orderBody(options.authenticated),
    },
    examples: { order: orderToPlace(options.authenticated) },
    answers: {
      200: {
        description: 'The outcome: CONFIRMED when paid, SHIPPED if that happened first, or CANCELLED.',
        schema: outcome,
        headers: { 'idempotency-replayed': replayHeader, 'preference-applied': preferenceApplied },
        examples: { paid: paidOrder, 'sold out': refusedOrder },
      },
      202: {
        description:
          'The order is durable and has this status; the outcome takes longer, the order is late, or too many callers wait.',
        schema: accepted,
        headers: { location, 'idempotency-replayed': replayHeader, 'preference-applied': preferenceApplied },
        examples: { placed: acceptedOrder },
      },
      ...refusals,
    },
    handle: async ({ headers, body }, request, reply) => {
      const placement = await placing.placeAndFollow(body, headers['idempotency-key'], request)
      const { orderId, repeated, late } = placement
      const waitMs = late ? 0 : waitMsOf(headers.prefer, options.maxWaitMs)
      if (repeated) void reply.header('idempotency-replayed', 'true')
      void reply.header('preference-applied', appliedPreference(waitMs))
      const result = await options.outcomes.of(orderId, waitMs, reply.raw)
      if (!result) return placing.acceptedAnswer(reply, placement, await placing.statusOf(orderId))
      return { orderId, ...result, trackingUrl: options.trackingUrl(orderId) }
    },
  })
}

function placeBatchRoute(options: PlacingOptions, placing: OrderPlacing): Route {
  return route({
    method: 'POST',
    path: '/orders/batch',
    summary: `Places up to ${largestBatch} orders, each with its own answer`,
    access: 'customer',
    bodyLimitBytes: options.bodyLimitBytes * batchBodies,
    takes: {
      headers: batchHeaders,
      // Each order is checked by itself, so that a wrong one does not take the others with it.
      body: z.strictObject({
        orders: z
          .array(z.unknown().meta(schemaOf(batchItem(options.authenticated), 'input')))
          .min(1)
          .max(largestBatch),
      }),
    },
    examples: { batch: batchToPlace(options.authenticated) },
    answers: {
      207: { description: 'The result of each order.', schema: batchResults, examples: { mixed: batchAnswer } },
      503: refusals[503],
    },
    handle: async ({ headers: { 'idempotency-key': key }, body }, request, reply) => {
      const placements = body.orders.map((entry, index) =>
        placing.placeOne(entry, key && derivedKey(key, index), request),
      )
      const results = await Promise.all(placements)
      const refusal = refusalOfAll(results)
      if (refusal) throw refusal
      return reply.code(207).send({ results })
    },
  })
}

function refusedItem({ status, title, message, problems, headers }: HttpProblemError) {
  const retryAfter = headers['retry-after']
  return {
    status,
    title,
    detail: message,
    ...(problems ? { problems } : {}),
    ...(retryAfter === undefined ? {} : { retryAfterSeconds: Number(retryAfter) }),
  }
}
