// Which requests does the development issuer serve?
import { parsed } from '@orderpipeline/http'
import type { FastifyInstance } from '@orderpipeline/http'
import { z } from 'zod'
import type { Issuer } from './issuer.ts'

export const customer = z.string().regex(/^[\x21-\x7e]{1,255}$/, '1 to 255 visible ASCII characters without spaces')
/** Scope-tokens of RFC 6749, 3.3, separated by one space. */
const scope = z
  .string()
  .regex(/^[\x21\x23-\x5b\x5d-\x7e]+( [\x21\x23-\x5b\x5d-\x7e]+)*$/, 'scopes separated by one space')
  .max(1_000)

/** As in RFC 6749, 4.4: the client is the customer. */
const tokenRequest = z.object({
  grant_type: z.literal('client_credentials').optional(),
  client_id: customer,
  scope: scope.optional(),
})
/** Tokens for a load, in one request. */
const tokensAtMost = 1_000
const tokensRequest = z.strictObject({ customers: z.array(customer).min(1).max(tokensAtMost), scope: scope.optional() })

export function serveIssuer(app: FastifyInstance, issuer: Issuer): void {
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) =>
    done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  )
  app.get('/.well-known/openid-configuration', () => issuer.metadata)
  app.get('/.well-known/oauth-authorization-server', () => issuer.metadata)
  app.get('/jwks', () => issuer.keys)
  app.post('/token', async (request, reply) => {
    const { client_id, scope: scopes } = parsed(tokenRequest, request.body)
    void reply.header('cache-control', 'no-store')
    return await issuer.token(client_id, scopes)
  })
  app.post('/tokens', async (request, reply) => {
    const { customers, scope: scopes } = parsed(tokensRequest, request.body)
    void reply.header('cache-control', 'no-store')
    const answers = await Promise.all(customers.map((each) => issuer.token(each, scopes)))
    return { tokens: answers.map(({ access_token }) => access_token) }
  })
}
