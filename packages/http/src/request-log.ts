// Which requests leave a line in the log? None, those that were refused, failed or given up, or
// all; each with the ids that lead from it to the events it caused. Never a body, a query or a
// token.
import type { FastifyInstance } from 'fastify'
import type { Logger } from '@orderpipeline/process'
import { onRequestEnd } from './request-end.ts'

export const requestLogs = ['none', 'problems', 'all'] as const
export type RequestLog = (typeof requestLogs)[number]

export function logRequests(app: FastifyInstance, logger: Logger, which: RequestLog): void {
  if (which === 'none') return
  onRequestEnd(app, (request, { status, seconds }) => {
    if (which === 'all' || status >= 400) {
      const { correlationId, callerTraceparent, traceparent = callerTraceparent } = request.correlation
      logger.info(
        {
          method: request.method,
          route: request.routeOptions.url ?? 'unknown',
          status,
          ms: Math.round(seconds * 1_000),
          address: request.ip,
          correlationId,
          ...(traceparent === undefined ? {} : { traceId: traceparent.split('-')[1] }),
        },
        'request',
      )
    }
  })
}
