// How is a request's body read? As JSON, whatever the route; a body of another kind is refused with
// what was found and what is allowed. An empty body counts as none, whatever its content type says:
// clients that name JSON in every request would otherwise be refused a DELETE.
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { valueText } from '@orderpipeline/config'
import { HttpProblemError } from './problem.ts'

type Done = (error: Error | null, body?: unknown) => void

/** `anyType`: a body is JSON whatever its content type says, for callers that cannot say it. */
export function readJsonBodies(app: FastifyInstance, anyType: boolean): void {
  app.removeAllContentTypeParsers()
  app.addHook('preParsing', (request, _reply, payload, done) => {
    const encoding = request.headers['content-encoding'] ?? 'identity'
    if (request.is404 || !hasBody(request) || encoding.toLowerCase() === 'identity') done(null, payload)
    else done(refusal(415, 'Unsupported Media Type', 'content-encoding', encoding, 'identity: no compression'))
  })
  const json = (request: FastifyRequest, text: string, done: Done): void => {
    if (text === '' || bodyless(request)) return done(null, undefined)
    try {
      done(null, JSON.parse(text.startsWith('\uFEFF') ? text.slice(1) : text))
    } catch (error) {
      done(refusal(400, 'Invalid Request', 'body', text, `JSON (${error instanceof Error ? error.message : ''})`))
    }
  }
  app.addContentTypeParser('application/json', { parseAs: 'string' }, json)
  if (anyType) app.addContentTypeParser('*', { parseAs: 'string' }, json)
  else
    app.addContentTypeParser('*', (request, payload, done) => {
      if (bodyless(request) || !hasBody(request)) {
        payload.resume()
        return done(null, undefined)
      }
      const type = request.headers['content-type']
      done(refusal(415, 'Unsupported Media Type', 'content-type', type, 'application/json'))
    })
}

/** A body has no meaning there (RFC 9110, 9.3), so its content type cannot be wrong. */
function bodyless({ is404, method }: FastifyRequest): boolean {
  return is404 || method === 'GET' || method === 'HEAD' || method === 'DELETE'
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || (headers['content-length'] ?? '0') !== '0'
}

function refusal(
  status: number,
  title: string,
  path: string,
  found: string | undefined,
  allowed: string,
): HttpProblemError {
  const problems = [{ path, found: valueText(found), allowed }]
  return new HttpProblemError(status, title, `1 problem in: ${path}`, { problems })
}
