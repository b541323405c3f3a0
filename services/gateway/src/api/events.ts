// How does a caller follow an order without asking again and again? By server-sent events: every
// step of its timeline, from the first or from where they left off, until it has ended.
import { overloaded, retryAfterHeader, route } from '@orderpipeline/http'
import type { Route } from '@orderpipeline/http'
import { z } from 'zod'
import type { OrderReader } from '../order-read-model/order-reader.ts'
import { allSent, sentBefore } from '../order-subscriptions/event-stream.ts'
import type { Streams } from '../order-subscriptions/streams.ts'
import { eventStream } from './examples.ts'
import { orderIdParams } from './request-fields.ts'
import { noOrder } from './problems.ts'

export function eventsRoute(orders: OrderReader, streams: Streams): Route {
  return route({
    method: 'GET',
    path: '/orders/:id/events',
    summary: "An order's progress as server-sent events, until it has ended",
    access: 'customer',
    takes: {
      params: orderIdParams,
      query: z.strictObject({}),
      headers: z.object({
        'last-event-id': z
          .string()
          .optional()
          .describe('The id of the last event received: only later events are sent. An id of no step is ignored.'),
      }),
    },
    answers: {
      200: {
        description: 'An event `progress` for each step of the timeline.',
        mediaType: 'text/event-stream',
        headers: {
          'cache-control': {
            description: 'A stream has one reader and is not cached.',
            schema: z.literal('no-store'),
            always: true,
          },
          'x-accel-buffering': {
            description: 'Switches off buffering in nginx.',
            schema: z.literal('no'),
            always: true,
          },
        },
        examples: { begun: eventStream },
      },
      204: { description: 'The order has ended and every event was received: do not reconnect.' },
      404: { description: 'The customer has no such order.' },
      503: {
        description: 'Too many streams are open, or the database is unavailable.',
        headers: { 'retry-after': retryAfterHeader },
      },
    },
    handle: async ({ params: { id }, headers }, request, reply) => {
      const [progress] = await orders.progress([id], request.customer)
      if (!progress) throw noOrder(id)
      const seenEvents = sentBefore(headers['last-event-id'], progress)
      // An EventSource would otherwise reconnect for ever.
      if (allSent(progress, seenEvents)) return reply.code(204).send()
      void reply.headers({ 'cache-control': 'no-store', 'x-accel-buffering': 'no' }).type('text/event-stream')
      // A stream without a reader would take a place until its end.
      if (request.method === 'HEAD') return reply.send('')
      const stream = streams.open(progress, seenEvents, request.customer)
      if (!stream) throw overloaded('too many event streams are open', 5)
      return reply.send(stream)
    },
  })
}
