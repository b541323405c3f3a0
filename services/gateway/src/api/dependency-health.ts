// Which of the systems that this gateway needs answer it? For people and monitors. A balancer uses
// /readyz on METRICS_PORT: with the database away all gateways would leave it at once.
import { retryAfterHeader, route } from '@orderpipeline/http'
import type { Route } from '@orderpipeline/http'
import { z } from 'zod'
import type { Dependencies, DependencyState } from '../dependencies.ts'

const health = z.object({
  status: z
    .enum(['up', 'degraded', 'down'])
    .describe('`down`: no order is accepted; `degraded`: orders are accepted without something that is down.'),
  dependencies: z.array(
    z.object({
      name: z.enum(['database', 'kafka', 'redis', 'replica']),
      status: z.enum(['up', 'down']),
      required: z.boolean().describe('Without it no order is accepted.'),
    }),
  ),
})

const query = z.strictObject({
  strict: z
    .enum(['', 'true', 'false'])
    .default('false')
    .transform((text) => text !== 'false')
    .describe('503 where it is `down`, for monitors that look at the status alone.'),
})

const notStored = { description: 'It changes by the second.', schema: z.literal('no-store'), always: true }
const againSeconds = 5

function statusOf(states: readonly DependencyState[]): z.infer<typeof health>['status'] {
  const down = states.filter(({ status }) => status === 'down')
  if (down.some(({ required }) => required)) return 'down'
  return down.length > 0 ? 'degraded' : 'up'
}

export function dependencyHealthRoute(dependencies: Dependencies): Route {
  return route({
    method: 'GET',
    path: '/health',
    summary: 'Which of the systems that the gateway needs answer it',
    access: 'public',
    takes: { query },
    answers: {
      200: {
        description: 'How they are; with `strict` only where orders are accepted.',
        schema: health,
        headers: { 'cache-control': notStored },
        examples: {
          degraded: {
            status: 'degraded',
            dependencies: [
              { name: 'database', status: 'up', required: true },
              { name: 'kafka', status: 'down', required: false },
            ],
          },
        },
      },
      503: {
        description: 'With `strict`: what orders need does not answer.',
        schema: health,
        headers: { 'cache-control': { ...notStored, always: false }, 'retry-after': retryAfterHeader },
      },
    },
    handle: async ({ query: { strict } }, _request, reply) => {
      void reply.header('cache-control', 'no-store')
      const states = await dependencies.read()
      const status = statusOf(states)
      const unwell = strict && status === 'down'
      if (unwell) void reply.header('retry-after', againSeconds)
      return reply.code(unwell ? 503 : 200).send({ status, dependencies: states })
    },
  })
}
