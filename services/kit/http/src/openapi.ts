// How does a caller learn what a service takes and answers? By an OpenAPI 3.1 document made of the routes themselves.
import { z } from 'zod'
import type { Answer, Route } from './route.ts'

export interface OpenApiOptions {
  readonly title: string
  readonly version: string
  readonly description: string
  /** Where the paths begin, when callers reach the service under a name of its own. */
  readonly serverUrl?: string
  readonly routes: readonly { readonly prefix: string; readonly routes: readonly Route[] }[]
  /** Whether customers identify themselves with a bearer token. */
  readonly bearer: boolean
}

type Json = Readonly<Record<string, unknown>>

export interface OpenApi {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers?: readonly { readonly url: string }[]
  /** By path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Json
}

export interface Operation {
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: Json
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: Json }>>
  readonly security?: readonly Json[]
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly schema: unknown
}

export function openApi(options: OpenApiOptions): OpenApi {
  const paths: Record<string, Record<string, Operation>> = {}
  for (const { prefix, routes } of options.routes)
    for (const route of routes) {
      const path = `${prefix}${route.path}`.replaceAll(/:(\w+)/g, '{$1}')
      paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, options.bearer) }
    }
  return {
    openapi: '3.1.0',
    info: { title: options.title, version: options.version, description: options.description },
    ...(options.serverUrl ? { servers: [{ url: options.serverUrl }] } : {}),
    paths,
    components: {
      schemas: { Problem: schemaOf(problem, 'output') },
      ...(options.bearer
        ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }
        : {}),
    },
  }
}

const fieldProblem = z.object({ path: z.string(), found: z.string(), allowed: z.string() })
const problem = z
  .object({
    title: z.string(),
    status: z.int(),
    detail: z.string().optional(),
    problems: z.array(fieldProblem).optional(),
    requestId: z.string(),
  })
  .describe('What a request that cannot be served is answered (RFC 9457).')

function operation(route: Route, bearer: boolean): Operation {
  const { params, query, headers, body } = route.takes
  const parameters = [
    ...parametersOf('path', params),
    ...parametersOf('query', query),
    ...parametersOf('header', headers),
  ]
  const asked = bearer && route.access === 'customer'
  const answers: Readonly<Record<string, Answer>> = {
    ...route.answers,
    ...(body || parameters.length > 0 ? { 400: { description: 'Every wrong field is listed.' } } : {}),
    ...(asked ? { 401: { description: 'No valid token.' } } : {}),
  }
  return {
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }
      : {}),
    responses: Object.fromEntries(
      Object.entries(answers).map(([status, answer]) => [status, responseOf(status, answer)]),
    ),
    ...(asked ? { security: [{ bearer: [] }] } : {}),
  }
}

function responseOf(status: string, { description, schema, mediaType }: Answer): Operation['responses'][string] {
  if (schema) return { description, content: { 'application/json': { schema: schemaOf(schema, 'output') } } }
  if (mediaType) return { description, content: { [mediaType]: { schema: { type: 'string' } } } }
  if (Number(status) < 400) return { description }
  return {
    description,
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  }
}

function parametersOf(place: Parameter['in'], schema: z.ZodType | undefined): Parameter[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    readonly properties?: Readonly<Record<string, unknown>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, of]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    schema: of,
  }))
}

export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' })
  return rest
}
