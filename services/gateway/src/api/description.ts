// Where does a caller find the operations of the gateway? In the OpenAPI document, and on a page
// made of it.
import { openApi, route } from '@orderpipeline/http'
import type { OpenApi, Route } from '@orderpipeline/http'
import { z } from 'zod'
import { page } from './page.ts'

const description = `Places orders, shows their status, and reports how many messages wait.

HEAD is served wherever GET is, with the same status and headers and no body. OPTIONS answers 204 with \`Allow\`. Any other
method of a path is answered as \`MethodNotAllowed\`, an unknown path as \`NotFound\`, and a method that HTTP does not define as
\`NotImplemented\`. Answers have one format, whatever \`Accept\` says.`

export interface DescriptionOptions {
  readonly versioned: readonly Route[]
  readonly others: readonly Route[]
  readonly authenticated: boolean
  readonly publicUrl: string
}

export function descriptionRoutes(options: DescriptionOptions): Route[] {
  const document = (): OpenApi =>
    openApi({
      title: 'Orders',
      version: '1',
      description,
      serverUrl: options.publicUrl,
      bearer: options.authenticated,
      routes: [
        { prefix: '/v1', routes: options.versioned },
        { prefix: '', routes: [...options.others, ...own] },
      ],
    })
  // Made at the first request for it: it describes the two routes below, too.
  let json: string | undefined
  let html: string | undefined
  const own: Route[] = [
    route({
      method: 'GET',
      path: '/openapi.json',
      summary: 'This document',
      access: 'public',
      takes: {},
      answers: { 200: { description: 'OpenAPI 3.1.', schema: z.looseObject({ openapi: z.literal('3.1.0') }) } },
      handle: async (_given, _request, reply) =>
        reply.type('application/json').send((json ??= JSON.stringify(document()))),
    }),
    route({
      method: 'GET',
      path: '/docs',
      summary: 'This document as a page',
      access: 'public',
      takes: {},
      answers: {
        200: {
          description: 'A page for people.',
          mediaType: 'text/html',
          headers: {
            'content-security-policy': { description: 'The page needs no script.', schema: z.string(), always: true },
          },
        },
      },
      handle: async (_given, _request, reply) => {
        void reply.header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
        return reply.type('text/html; charset=utf-8').send((html ??= page(document())))
      },
    }),
  ]
  return own
}
