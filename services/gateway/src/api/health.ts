// How are the queues behind the gateway? For balancers, dashboards and people: 200 while everything moves.
import { overloaded, route, type Route } from '@orderpipeline/kit-http'
import { z } from 'zod'
import type { QueueReader } from '../queues/reader.ts'

const queueHealth = z.object({
  status: z.enum(['moving', 'stuck']),
  queues: z.array(
    z.object({
      name: z.string(),
      lag: z.int(),
      oldestAgeSeconds: z.number().describe('At least so old.'),
      consumedPerSecond: z.number().optional(),
      stuck: z.boolean().describe('Its oldest message has waited longer than is allowed.'),
    }),
  ),
})

/** Nothing that was stuck for minutes is known to move much sooner. */
const againSeconds = 5

export function healthRoute(queues: QueueReader, maxAgeSeconds: number): Route {
  return route({
    method: 'GET',
    path: '/health/queues',
    summary: 'How much waits before each stage, and for how long',
    access: 'public',
    takes: {},
    answers: {
      200: { description: 'Everything moves.', schema: queueHealth },
      503: {
        description:
          'Something has waited for too long, or Kafka does not answer; Retry-After says when to look again.',
        schema: queueHealth,
      },
    },
    handle: async (_given, _request, reply) => {
      const read = await queues.read().catch((error: unknown) => {
        throw overloaded('the queues cannot be read', againSeconds, error)
      })
      const shown = read.map(({ name, lag, oldestAgeSeconds, consumedPerSecond }) => ({
        name,
        lag,
        oldestAgeSeconds: rounded(oldestAgeSeconds),
        ...(consumedPerSecond === undefined ? {} : { consumedPerSecond: rounded(consumedPerSecond) }),
        stuck: oldestAgeSeconds >= maxAgeSeconds,
      }))
      const stuck = shown.some((queue) => queue.stuck)
      void reply.header('cache-control', 'no-store')
      if (stuck) void reply.header('retry-after', againSeconds)
      return reply.code(stuck ? 503 : 200).send({ status: stuck ? 'stuck' : 'moving', queues: shown })
    },
  })
}

const rounded = (value: number): number => Math.round(value * 10) / 10
