// How does a caller learn what a service takes and answers? From an OpenAPI 3.1 document that is
// made of the routes themselves.
import { z } from 'zod'
import { commonAnswers, commonResponses, requestIdHeader } from './common-answers.ts'
import { problemSchema, refusalSchema } from './problem.ts'
import type { RouteAnswer, ResponseHeader, Route } from './route.ts'

export interface OpenApiOptions {
  readonly title: string
  readonly version: string
  readonly description: string
  /**
   * Where the paths begin, when callers reach the service under a name of its own; where the
   * document is, otherwise.
   */
  readonly serverUrl?: string
  readonly routes: readonly { readonly prefix: string; readonly routes: readonly Route[] }[]
  /** Whether customers identify themselves with a bearer token. */
  readonly bearer: boolean
}

type Json = Readonly<Record<string, unknown>>

export interface OpenApi {
  readonly openapi: '3.1.0'
  readonly info: { readonly title: string; readonly version: string; readonly description: string }
  readonly servers: readonly { readonly url: string }[]
  /** By path and method. */
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: Json & { readonly responses: Readonly<Record<string, Response>> }
}

export interface Operation {
  readonly summary: string
  readonly parameters?: readonly Parameter[]
  readonly requestBody?: { readonly required: true; readonly content: Readonly<Record<string, Content>> }
  /** By status; a reference is to one of `components.responses`. */
  readonly responses: Readonly<Record<string, Response | { readonly $ref: string }>>
  readonly security?: readonly Json[]
}

export interface Content {
  readonly schema: Json
  readonly examples?: Readonly<Record<string, { readonly value: unknown }>>
}

export interface Response {
  readonly description: string
  /** By name, in lower case. */
  readonly headers: Readonly<Record<string, Json>>
  readonly content?: Readonly<Record<string, Content>>
}

export interface Parameter {
  readonly name: string
  readonly in: 'path' | 'query' | 'header'
  readonly required: boolean
  readonly description?: string
  readonly schema: Json
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
    servers: [{ url: options.serverUrl || '/' }],
    paths,
    components: {
      schemas: { Problem: schemaOf(problemSchema, 'output'), Refusal: schemaOf(refusalSchema, 'output') },
      responses: Object.fromEntries(
        Object.values(commonResponses).map(({ name, status, ...answer }) => [name, responseOf(status, answer)]),
      ),
      ...(options.bearer
        ? { securitySchemes: { bearer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT' } } }
        : {}),
    },
  }
}

/** A response with its reference followed. */
export function responseIn({ components }: OpenApi, response: Response | { readonly $ref: string }): Response {
  if (!('$ref' in response)) return response
  const name = response.$ref.replace('#/components/responses/', '')
  const definition = components.responses[name]
  if (!definition) throw new Error(`${response.$ref} is not in the document`)
  return definition
}

function operation(route: Route, bearer: boolean): Operation {
  const { params, query, headers, body } = route.takes
  const parameters = [
    ...parametersOf('path', params),
    ...parametersOf('query', query),
    ...parametersOf('header', headers),
  ]
  const needsToken = bearer && route.access !== 'public'
  const ownAnswers = Object.entries(route.answers).map(([status, answer]) => [
    status,
    responseOf(Number(status), answer),
  ])
  const common = commonAnswers(route, needsToken).map(({ name, status }) => [
    String(status),
    { $ref: `#/components/responses/${name}` },
  ])
  return {
    summary: route.summary,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body
      ? { requestBody: { required: true, content: { 'application/json': contentOf(body, 'input', route.examples) } } }
      : {}),
    responses: { ...Object.fromEntries(common), ...Object.fromEntries(ownAnswers) } as Operation['responses'],
    ...(needsToken ? { security: [{ bearer: scopesOf(route) }] } : {}),
  }
}

/** `staff` stands for the scope that the service is configured with. */
function scopesOf({ access, scope }: Route): string[] {
  if (access !== 'staff') return []
  return scope === undefined ? ['staff'] : ['staff', scope]
}

function responseOf(status: number, answer: RouteAnswer): Response {
  const { description, schema, mediaType, members, plain, headers = {}, examples } = answer
  const refusal = members
    ? schemaOf(refusalSchema.extend(members), 'output')
    : { $ref: `#/components/schemas/${plain || status >= 500 ? 'Problem' : 'Refusal'}` }
  const content: Record<string, Content> = {
    ...(schema ? { 'application/json': contentOf(schema, 'output', status < 400 ? examples : undefined) } : {}),
    ...(mediaType === undefined
      ? {}
      : { [mediaType]: { schema: { type: 'string' }, ...examplesOf(status < 400 ? examples : undefined) } }),
    ...(status < 400
      ? {}
      : { 'application/problem+json': { schema: refusal, ...(schema ? {} : examplesOf(examples)) } }),
  }
  return {
    description,
    headers: Object.fromEntries(
      Object.entries({ 'x-request-id': requestIdHeader, ...headers }).map(([name, header]) => [name, headerOf(header)]),
    ),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  }
}

function headerOf({ description, schema, always = false }: ResponseHeader): Json {
  return {
    description,
    required: always,
    schema: schemaOf(schema, 'output'),
  }
}

function contentOf(schema: z.ZodType, io: 'input' | 'output', examples: RouteAnswer['examples']): Content {
  return {
    schema: schemaOf(schema, io),
    ...examplesOf(examples),
  }
}

function examplesOf(examples: RouteAnswer['examples']): Pick<Content, 'examples'> {
  if (!examples) return {}
  return { examples: Object.fromEntries(Object.entries(examples).map(([name, value]) => [name, { value }])) }
}

function parametersOf(place: Parameter['in'], schema: z.ZodType | undefined): Parameter[] {
  if (!schema) return []
  const { properties = {}, required = [] } = schemaOf(schema, 'input') as {
    readonly properties?: Readonly<Record<string, Json>>
    readonly required?: readonly string[]
  }
  return Object.entries(properties).map(([name, { description, ...of }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    ...(typeof description === 'string' ? { description } : {}),
    schema: of,
  }))
}

export function schemaOf(schema: z.ZodType, io: 'input' | 'output'): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io, target: 'draft-2020-12', unrepresentable: 'any' })
  return rest
}
