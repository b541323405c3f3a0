// How are the queues behind the gateway? For dashboards, people and monitors, not for balancers:
// all gateways see the same queues, so a balancer that used this would remove the whole shop at
// once. The answer is 200 with the state; `?strict` answers 503 when something is wrong.
import { overloaded, retryAfterHeader, route } from '@orderpipeline/http'
import type { Route } from '@orderpipeline/http'
import { z } from 'zod'
import type { QueueReader } from '../queues/reader.ts'

const queueHealth = z.object({
  status: z.enum(['moving', 'stuck', 'unknown']).describe('`unknown`: the queues cannot be read.'),
  queues: z.array(
    z.object({
      name: z.string(),
      lag: z.int(),
      oldestAgeSeconds: z.number().describe('A lower bound of its age.'),
      consumedPerSecond: z.number().optional(),
      stuck: z.boolean().describe('Its oldest message has waited longer than allowed.'),
    }),
  ),
})

const query = z.strictObject({
  strict: z
    .enum(['', 'true', 'false'])
    .default('false')
    .transform((text) => text !== 'false')
    .describe('Answers 503 if a queue is stuck or unknown, for monitors that read the status alone.'),
})

const notStored = { description: 'The answer changes every second.', schema: z.literal('no-store'), always: true }

/** A queue that was stuck for minutes rarely moves sooner than this. */
const againSeconds = 5

export function healthRoute(queues: QueueReader, maxAgeSeconds: number): Route {
  return route({
    method: 'GET',
    path: '/health/queues',
    summary: 'How many messages wait before each stage, and for how long',
    access: 'public',
    takes: { query },
    answers: {
      200: {
        description: 'The state of the queues; with `strict` only if all of them move.',
        schema: queueHealth,
        headers: { 'cache-control': notStored },
        examples: {
          moving: {
            status: 'moving',
            queues: [{ name: 'payment', lag: 12, oldestAgeSeconds: 0, consumedPerSecond: 48.5, stuck: false }],
          },
        },
      },
      503: {
        description: 'With `strict`: a message has waited for too long, or the queues cannot be read.',
        schema: queueHealth,
        headers: { 'cache-control': { ...notStored, always: false }, 'retry-after': retryAfterHeader },
      },
    },
    handle: async ({ query: { strict } }, _request, reply) => {
      void reply.header('cache-control', 'no-store')
      const read = await queues.read().catch((error: unknown) => {
        if (strict) throw overloaded('the queues cannot be read', againSeconds, error)
      })
      if (!read) return { status: 'unknown', queues: [] }
      const queueStates = read.map(({ name, lag, oldestAgeSeconds, consumedPerSecond }) => ({
        name,
        lag,
        oldestAgeSeconds: roundToTenth(oldestAgeSeconds),
        ...(consumedPerSecond === undefined ? {} : { consumedPerSecond: roundToTenth(consumedPerSecond) }),
        stuck: oldestAgeSeconds >= maxAgeSeconds,
      }))
      const stuck = queueStates.some((queue) => queue.stuck)
      const unwell = stuck && strict
      if (unwell) void reply.header('retry-after', againSeconds)
      return reply.code(unwell ? 503 : 200).send({ status: stuck ? 'stuck' : 'moving', queues: queueStates })
    },
  })
}

function roundToTenth(value: number): number {
  return Math.round(value * 10) / 10
}
