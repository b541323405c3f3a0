// What does a service that answers HTTP stand on? A fastify with bounds, correlation ids, metrics per route, problem
// answers, and routes that describe themselves.
export { correlationOf, type Correlation } from './correlation.ts'
export { openApi, schemaOf, type OpenApi, type OpenApiOptions } from './openapi.ts'
export { HttpProblem, overloaded, type FieldProblem, type ProblemBody } from './problem.ts'
export { requestLogs, type RequestLog } from './request-log.ts'
export { registerRoutes, route, type Access, type Route } from './route.ts'
export { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts'
export { parsed, fieldProblems } from './validation.ts'
export type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
