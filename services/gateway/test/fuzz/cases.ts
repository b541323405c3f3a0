// Which requests can be made of an OpenAPI document? For each operation right ones, ones that are
// wrong in one place, and ones that no document has thought of: other methods, paths, headers and
// encodings.
import type { OpenApi, Operation } from '@orderpipeline/http'
import fc from 'fast-check'
import { mutated, unusualText, valid } from './values.ts'
import type { KnownValues, Schema } from './values.ts'

export interface Case {
  readonly method: string
  /** With its query, percent-encoded. */
  readonly target: string
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body?: string
  /** Whether the body is not JSON.stringify of a value: then what it means is not foretold. */
  readonly rawBody?: boolean
}

export function cases(document: OpenApi, knownValues: KnownValues, token?: string): fc.Arbitrary<Case> {
  const operations = Object.entries(document.paths).flatMap(([template, methods]) =>
    Object.entries(methods).map(([method, operation]) =>
      caseOf(template, method.toUpperCase(), operation, knownValues),
    ),
  )
  const authorization = fc.oneof(
    { arbitrary: fc.constant(token === undefined ? [] : [['authorization', `Bearer ${token}`] as const]), weight: 19 },
    { arbitrary: headerText.map((text) => [['authorization', text] as const]), weight: 1 },
  )
  return fc
    .tuple(fc.oneof(...operations), authorization)
    .map(([one, headers]) => ({ ...one, headers: [...one.headers, ...headers] }))
}

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'QUERY', 'PURGE']

function caseOf(template: string, method: string, operation: Operation, knownValues: KnownValues): fc.Arbitrary<Case> {
  const { parameters = [], requestBody } = operation
  const body = requestBody?.content['application/json']?.schema as Schema | undefined
  const of = (place: string) => parameters.filter((parameter) => parameter.in === place)
  return fc
    .record({
      method: mostly(fc.constant(method), fc.constantFrom(...methods), 12),
      path: pathOf(template, of('path'), knownValues),
      query: pairsOf(of('query'), knownValues),
      extraQuery: rarely(fc.tuple(unusualText, unusualText), 15),
      headers: pairsOf(of('header'), knownValues),
      extraHeaders: fc.array(extraHeader, { maxLength: 2 }),
      type: mostly(fc.constant<string | undefined>('application/json'), contentType, 15),
      body: body ? bodyOf(body, knownValues) : rarely(fc.oneof(fc.json(), unusualText).map(rawText), 10),
    })
    .map(({ path, query, extraQuery, headers, extraHeaders, type, body: payload, ...rest }) => {
      const search = [...query, ...(extraQuery ? [extraQuery] : [])].map((pair) => pair.map(encode).join('='))
      const typeHeader = payload && type !== undefined ? [['content-type', type] as const] : []
      return {
        method: rest.method,
        target: search.length > 0 ? `${path}?${search.join('&')}` : path,
        headers: [...headers.map(([name, value]) => [name, onLine(value)] as const), ...extraHeaders, ...typeHeader],
        ...payload,
      }
    })
}

function mostly<T>(usual: fc.Arbitrary<T>, unusual: fc.Arbitrary<T>, of: number): fc.Arbitrary<T> {
  return fc.oneof({ arbitrary: usual, weight: of - 1 }, { arbitrary: unusual, weight: 1 })
}

function rarely<T>(unusual: fc.Arbitrary<T>, of: number): fc.Arbitrary<T | undefined> {
  return mostly(fc.constant<T | undefined>(undefined), unusual, of)
}

/** A lone surrogate has no encoding of its own. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}

function pathOf(
  template: string,
  parameters: Operation['parameters'] = [],
  knownValues: KnownValues,
): fc.Arbitrary<string> {
  const step = (name: string) => {
    const schema = parameters.find((parameter) => parameter.name === name)?.schema as Schema
    return mostly(
      valid(schema, knownValues, name).map((value) => encode(String(value))),
      oddStep,
      6,
    )
  }
  const steps = template.split('/').slice(1)
  const parts = steps.map((text) => (text.startsWith('{') ? step(text.slice(1, -1)) : fc.constant(text)))
  return fc.tuple(fc.tuple(...parts), fc.nat(30)).map(([texts, odds]) => {
    const path = `/${texts.join('/')}`
    if (odds === 0) return `${path}/`
    if (odds === 1) return path.replace('/v1', '')
    if (odds === 2) return `/${path}`
    if (odds === 3) return `${path}/%2e%2e`
    return path
  })
}

const oddStep = fc.oneof(
  unusualText.map(encode),
  fc.constantFrom(
    '%zz',
    '%',
    '%00',
    '%C0%80',
    '..',
    '%2F',
    '*',
    ':id',
    'batch',
    '01936D5E-7A2B-7C3D-8E4F-5A6B7C8D9E0F',
  ),
)

/** Each parameter left out, as it should be, or odd. */
function pairsOf(
  parameters: NonNullable<Operation['parameters']>,
  knownValues: KnownValues,
): fc.Arbitrary<[string, string][]> {
  const each = parameters.map(({ name, required, schema }) => {
    const right = valid(schema as Schema, knownValues, name).map((value): [string, string][] => [[name, String(value)]])
    const none = fc.constant<[string, string][]>([])
    const wrong = unusualText.map((value): [string, string][] => [[name, value]])
    const twice = right.map((pairs): [string, string][] => [...pairs, ...pairs])
    return fc.oneof(
      { arbitrary: right, weight: 8 },
      { arbitrary: none, weight: required ? 1 : 8 },
      { arbitrary: wrong, weight: 2 },
      { arbitrary: twice, weight: 1 },
    )
  })
  return fc.tuple(...each).map((lists) => lists.flat())
}

/** What Node's client lets a header hold: other bytes are sent by raw.ts. */
function onLine(text: string): string {
  return text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '?')
}
const headerText = unusualText.map(onLine)

const extraHeader = fc.oneof(
  fc.constantFrom(
    ['accept', 'application/xml'],
    ['accept', '*/*;q=0'],
    ['accept-encoding', 'gzip, br'],
    ['content-encoding', 'gzip'],
    ['expect', 'miracles'],
    ['range', 'bytes=0-1'],
    ['if-none-match', '*'],
    ['origin', 'https://elsewhere.example'],
    ['upgrade', 'websocket'],
    ['x-http-method-override', 'DELETE'],
    ['x-forwarded-for', '1.2.3.4, ::1'],
    ['forwarded', 'for=unknown'],
    ['traceparent', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ['x-request-id', 'a-sane-one'],
    ['host', 'elsewhere.example:99999'],
  ),
  fc.tuple(fc.constantFrom('x-request-id', 'traceparent', 'cookie', 'accept', 'prefer', 'x-anything'), headerText),
) as fc.Arbitrary<readonly [string, string]>

const contentType = fc.oneof(
  fc.constantFrom(
    undefined,
    'application/json; charset=utf-8',
    'APPLICATION/JSON',
    'application/problem+json',
    'text/plain',
    'multipart/form-data; boundary=x',
    'application/json, text/plain',
    ';;',
    '/',
  ),
  headerText,
)

type Body = Pick<Case, 'body' | 'rawBody'>
function jsonText(value: unknown): Body {
  return { body: JSON.stringify(value) }
}
function rawText(body: string): Body {
  return { body, rawBody: true }
}

function bodyOf(schema: Schema, knownValues: KnownValues): fc.Arbitrary<Body | undefined> {
  const right = valid(schema, knownValues)
  return fc.oneof(
    { arbitrary: right.map(jsonText), weight: 8 },
    { arbitrary: mutated(right).map(jsonText), weight: 8 },
    { arbitrary: mutated(mutated(right)).map(jsonText), weight: 3 },
    { arbitrary: fc.jsonValue().map(jsonText), weight: 1 },
    { arbitrary: fc.tuple(right, fc.nat()).map(([value, at]) => broken(JSON.stringify(value), at)), weight: 2 },
    { arbitrary: fc.constant(undefined), weight: 1 },
  )
}

/** A text that was JSON. */
function broken(text: string, at: number): Body {
  const ways = [
    text.slice(0, at % text.length),
    `\ufeff${text}`,
    text.replace(/\d/, '1e999'),
    text.replace('{', '{"__proto__":{"polluted":true},'),
    text.replace('{', '{"items":1,"items":2,'),
    `${text}${text}`,
    `${'['.repeat(5_000)}${']'.repeat(5_000)}`,
    ' '.repeat(70_000) + text,
    text.replaceAll('"', "'"),
  ]
  return rawText(ways[at % ways.length] ?? text)
}
