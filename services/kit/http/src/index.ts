// What does a service that answers HTTP stand on? A fastify with bounds, correlation ids, metrics per route and
// problem answers.
export { correlationOf, type Correlation } from './correlation.ts'
export { HttpProblem, overloaded, type FieldProblem, type ProblemBody } from './problem.ts'
export { createHttpServer, type HttpServer, type HttpServerOptions } from './server.ts'
export { parsed, fieldProblems } from './validation.ts'
export type { FastifyReply, FastifyRequest } from 'fastify'
