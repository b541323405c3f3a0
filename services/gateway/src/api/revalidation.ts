// How does a cache, of a browser or a CDN, learn that its copy of an answer is still the present
// one? By the answer's entity tag: a request that names it gets 304 without a body.
import { createHash } from 'node:crypto'
import type { FastifyReply, FastifyRequest, ResponseHeader } from '@orderpipeline/http'
import { z } from 'zod'

export const etagHeader: ResponseHeader = {
  description: 'Of this state; a request with it in `If-None-Match` is answered with 304 while it is the present one.',
  schema: z.string(),
  always: true,
}

/** What caches may do with an answer that all callers get alike. `maxAgeSeconds` 0: always ask. */
export function sharedCaching(maxAgeSeconds: number): string {
  return maxAgeSeconds === 0 ? 'public, no-cache' : `public, max-age=${maxAgeSeconds}`
}

export const cacheControlHeader: ResponseHeader = {
  description: 'What caches may do with the answer.',
  schema: z.string(),
  always: true,
}

/** `body` with its entity tag, or 304 where the caller has it. */
export function revalidated(request: FastifyRequest, reply: FastifyReply, body: object): FastifyReply {
  const etag = `W/"${createHash('sha256').update(JSON.stringify(body)).digest('base64url').slice(0, 22)}"`
  void reply.header('etag', etag)
  return matches(request.headers['if-none-match'], etag) ? reply.code(304).send() : reply.send(body)
}

/** As RFC 9110 has it: a list of tags, compared without their weakness, or `*`. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  return (
    ifNoneMatch !== undefined &&
    ifNoneMatch.split(',').some((text) => text.trim() === '*' || bare(text.trim()) === bare(etag))
  )
}

function bare(tag: string): string {
  return tag.replace(/^W\//, '')
}
