// What is one route? Its input and answers, as zod schemas, next to the code that serves it: the
// same schemas check the input and describe the route to callers (openapi.ts), so the two cannot
// drift apart.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import { parsed } from './validation.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /**
     * The callers that are allowed; by default `customer`, where the service knows its customers.
     */
    access?: Access
    /** What a member of the staff needs besides. */
    scope?: string | undefined
  }
}

/**
 * `customer`: a known customer, where the service knows its customers. `staff`: only members of its
 * staff; no caller where it knows none. `public`: every caller.
 */
export type Access = 'customer' | 'staff' | 'public'

export interface ResponseHeader {
  readonly description: string
  /** The schema of its text. */
  readonly schema: z.ZodType
  /** Whether every answer has it. */
  readonly always?: boolean
}

export interface RouteAnswer {
  readonly description: string
  /** The schema of a JSON body. */
  readonly schema?: z.ZodType
  /** The media type of a body that is not JSON. */
  readonly mediaType?: string
  /** Members of a problem, next to the usual ones. */
  readonly members?: z.ZodRawShape
  /** A problem that names no field, since none is wrong. */
  readonly plain?: boolean
  /** By name, in lower case; next to `x-request-id`, which every answer has. */
  readonly headers?: Readonly<Record<string, ResponseHeader>>
  /** Bodies, by name. */
  readonly examples?: Readonly<Record<string, unknown>>
}

export interface Takes {
  readonly params?: z.ZodType
  readonly query?: z.ZodType
  readonly headers?: z.ZodType
  readonly body?: z.ZodType
}

export interface RouteDescription {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  /** Such as `/orders/:id`. */
  readonly path: string
  readonly summary: string
  readonly access: Access
  /** On a route for staff: the scope that their token needs for it. */
  readonly scope?: string
  /** By status. */
  readonly answers: Readonly<Record<number, RouteAnswer>>
  /** Bodies that it takes, by name. */
  readonly examples?: Readonly<Record<string, unknown>>
  /** Set where its bodies may be larger than those of other routes. */
  readonly bodyLimitBytes?: number
}

export interface Route extends RouteDescription {
  readonly takes: Takes
  readonly serve: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
}

type Part<Schema> = Schema extends z.ZodType ? z.output<Schema> : undefined

/** The input of a request, checked. */
export interface RouteInput<T extends Takes> {
  readonly params: Part<T['params']>
  readonly query: Part<T['query']>
  readonly headers: Part<T['headers']>
  readonly body: Part<T['body']>
}

export interface RouteDefinition<T extends Takes> extends RouteDescription {
  readonly takes: T
  readonly handle: (input: RouteInput<T>, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>
}

export function route<T extends Takes>({ handle, ...description }: RouteDefinition<T>): Route {
  const { params, query, headers, body } = description.takes
  const part = (schema: z.ZodType | undefined, input: unknown): unknown => schema && parsed(schema, input)
  return {
    ...description,
    serve: async (request, reply) => {
      const input = {
        params: part(params, request.params),
        query: part(query, request.query),
        headers: part(headers, request.headers),
        body: part(body, request.body),
      }
      return handle(input as RouteInput<T>, request, reply)
    },
  }
}

/**
 * Registers each route under each prefix. `problemOf` turns an error of a route into a problem with
 * a text for the caller, where it has any.
 */
export function registerRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  prefixes: readonly string[],
  problemOf: (error: unknown) => unknown = (error) => error,
): void {
  for (const prefix of prefixes)
    for (const { method, path, access, scope, bodyLimitBytes, serve } of routes)
      app.route({
        method,
        url: `${prefix}${path}`,
        config: { access, scope },
        exposeHeadRoute: method === 'GET',
        ...(bodyLimitBytes === undefined ? {} : { bodyLimit: bodyLimitBytes }),
        handler: (request, reply) =>
          serve(request, reply).catch((error: unknown) => {
            throw problemOf(error)
          }),
      })
}

/** No longer than any form of RFC 8058. */
const longestIgnoredBody = 10_000

/**
 * The same for routes that take nothing from the body, whatever its content type: a form of a
 * browser, or of a mail program.
 */
export function registerBodylessRoutes(
  app: FastifyInstance,
  routes: readonly Route[],
  prefixes: readonly string[],
  problemOf: (error: unknown) => unknown = (error) => error,
): void {
  void app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers()
    const ignored = { parseAs: 'string', bodyLimit: longestIgnoredBody } as const
    scope.addContentTypeParser('*', ignored, (_request, _text, parsedBody) => parsedBody(null, undefined))
    registerRoutes(scope, routes, prefixes, problemOf)
    done()
  })
}
