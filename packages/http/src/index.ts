// What does a service need that answers HTTP? A fastify with bounds, correlation ids, metrics per
// route, problem answers, and routes that describe themselves.
export { correlationOf, type Correlation } from './correlation.ts'
export { isNetwork } from './networks.ts'
export { retryAfterHeader } from './common-answers.ts'
export { openApi, responseIn, schemaOf, type OpenApi, type OpenApiOptions, type Operation } from './openapi.ts'
export { HttpProblemError, overloaded, type FieldProblem, type ProblemBody } from './problem.ts'
export { requestLogs, type RequestLog } from './request-log.ts'
export {
  registerBodylessRoutes,
  registerRoutes,
  route,
  type Access,
  type RouteAnswer,
  type ResponseHeader,
  type Route,
} from './route.ts'
export { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts'
export { parsed, fieldProblems } from './validation.ts'
export type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
