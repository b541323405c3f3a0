// Does an answer keep what the OpenAPI document promises: its status, its headers, its body? And is
// a request one that the document allows?
import type { OpenApi, Operation } from '@orderpipeline/http'
import { responseIn } from '@orderpipeline/http'
import { Ajv2020 } from 'ajv/dist/2020.js'

export interface ReceivedAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Contract {
  /**
   * The operation that serves a method of a path, and its template; undefined where there is none.
   */
  operationOf(method: string, path: string): MatchedOperation | undefined
  /** Whether `value` is what a schema of the document allows. */
  allows(schema: object, value: unknown): boolean
  /** What is wrong with an answer; nothing where it is as promised. */
  broken(method: string, match: MatchedOperation | undefined, answer: ReceivedAnswer): readonly string[]
}

export interface MatchedOperation {
  readonly template: string
  readonly operation: Operation
  /** Still percent-encoded. */
  readonly params: Readonly<Record<string, string>>
}

/** HTTP's own, which say how a message is sent, and those that browsers look at. */
const ofHttp = new Set(['date', 'connection', 'keep-alive', 'content-length', 'content-type', 'transfer-encoding'])

/** Where a request meets no operation of the document. */
const elsewhere: Readonly<Record<number, string>> = {
  400: 'InvalidRequest',
  404: 'NotFound',
  405: 'MethodNotAllowed',
  408: 'RequestTimeout',
  413: 'ContentTooLarge',
  414: 'UriTooLong',
  415: 'UnsupportedMediaType',
  431: 'HeadersTooLarge',
  501: 'NotImplemented',
}

export function contractOf(document: OpenApi): Contract {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true })
  ajv.addSchema({ ...document, $id: 'openapi' })
  const compiledSchemas = new Map<object, ReturnType<typeof ajv.compile>>()
  const validator = (schema: object) => {
    const compiledSchema = compiledSchemas.get(schema) ?? ajv.compile(absolute(schema))
    compiledSchemas.set(schema, compiledSchema)
    return compiledSchema
  }
  const allows = (schema: object, value: unknown): boolean => validator(schema)(value) === true

  const wrongBody = (
    content: ReturnType<typeof responseIn>['content'],
    { headers, body }: ReceivedAnswer,
  ): string[] => {
    const type = headers['content-type']?.split(';')[0] ?? ''
    if (!content) return body === '' ? [] : [`a body where none is declared: ${body}`]
    const mediaType = content[type]
    if (!mediaType) return [`content type ${type || 'none'}; declared: ${Object.keys(content).join(', ')}`]
    if (!type.includes('json')) return []
    const valid = validator(mediaType.schema)
    return valid(JSON.parse(body)) ? [] : [`the body is not as declared: ${ajv.errorsText(valid.errors)}: ${body}`]
  }

  return {
    allows,
    operationOf: (method, path) => {
      const verb = method === 'HEAD' ? 'get' : method.toLowerCase()
      const matching = Object.entries(document.paths).flatMap(([template, operations]) => {
        const params = paramsOf(template, path)
        const operation = operations[verb]
        return params && operation ? [{ template, operation, params }] : []
      })
      return matching.sort((a, b) => Object.keys(a.params).length - Object.keys(b.params).length)[0]
    },
    broken: (method, match, answer) => {
      if (method === 'OPTIONS' && answer.status === 204) return answer.headers['allow'] ? [] : ['no allow']
      const name = elsewhere[answer.status] ?? ''
      const response = match ? match.operation.responses[String(answer.status)] : document.components.responses[name]
      if (!response) return [`status ${answer.status} is not declared: ${answer.body}`]
      const { headers, content } = responseIn(document, response)
      const undeclaredHeaders = Object.keys(answer.headers).filter((header) => !ofHttp.has(header) && !headers[header])
      const wrong = Object.entries(headers).flatMap(([header, { required, schema }]) => {
        const value = answer.headers[header]
        if (value === undefined) return required ? [`no header ${header}`] : []
        return allows(schema as object, value) ? [] : [`header ${header}: ${value}`]
      })
      const body = method === 'HEAD' ? (answer.body === '' ? [] : ['a body for HEAD']) : wrongBody(content, answer)
      return [...undeclaredHeaders.map((header) => `header ${header} is not declared`), ...wrong, ...body]
    },
  }
}

/** References in a schema of the document, as seen from outside of it. */
function absolute(schema: object): object {
  return JSON.parse(JSON.stringify(schema).replaceAll('"$ref":"#/', '"$ref":"openapi#/')) as object
}

/**
 * A version is in the document and may be left out; a slash at the end makes no difference. A
 * parameter within the path may be empty, which is a wrong value; staff is asked for their token
 * before that is looked at.
 */
function paramsOf(template: string, path: string): Record<string, string> | undefined {
  const steps = template.split('/').slice(1)
  const segments = path.replace(/\/$/, '').split('/').slice(1)
  const whole = segments[0] === 'v1' || steps[0] !== 'v1' ? segments : ['v1', ...segments]
  if (whole.length !== steps.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, step] of steps.entries()) {
    const value = whole[index] ?? ''
    const name = /^\{(.*)\}$/.exec(step)?.[1]
    const isLast = index === steps.length - 1
    if (name === undefined ? value !== step : value === '' && isLast) return undefined
    if (name !== undefined) params[name] = value
  }
  return params
}
