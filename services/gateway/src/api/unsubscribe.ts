// How does the reader of a marketing mail end it without a login? By the link of the mail. Programs
// open links before people do, so only POST withdraws the consent: that of a mail program (RFC 8058)
// or of the page that GET shows.
import { HttpProblemError, route } from '@orderpipeline/http'
import type { FastifyReply, Route } from '@orderpipeline/http'
import { readUnsubscribeToken } from '@orderpipeline/notification/preferences'
import type { Unsubscription } from '@orderpipeline/notification/preferences'
import { z } from 'zod'
import type { Preferences } from './preferences.ts'

const query = z.strictObject({ token: z.string().min(1).max(1_000).describe('From the link.') })
const policy = "default-src 'none'; form-action 'self'; frame-ancestors 'none'"
const pageHeaders = {
  'content-security-policy': { description: 'The page needs no script.', schema: z.literal(policy), always: true },
  'cache-control': { description: 'It belongs to one customer.', schema: z.literal('no-store'), always: true },
  'referrer-policy': { description: 'The link is a secret.', schema: z.literal('no-referrer'), always: true },
}

function page(description: string) {
  return { description, mediaType: 'text/html', headers: pageHeaders }
}

/** To be registered with `registerBodylessRoutes`: the body is a form that says nothing more. */
export function unsubscribeRoutes(withdraw: Preferences['withdraw'], secret: string): Route[] {
  return [
    route({
      method: 'GET',
      path: '/unsubscribe',
      summary: 'A page that asks whether to end the messages that its link is from',
      access: 'public',
      takes: { query },
      answers: { 200: page('A page with one button.'), 422: { description: 'The link is not one of this shop.' } },
      handle: async ({ query: { token } }, _request, reply) => {
        read(token, secret)
        return html(reply, '<form method="post"><button>No more messages like this</button></form>')
      },
    }),
    route({
      method: 'POST',
      path: '/unsubscribe',
      summary: 'Withdraws the consent to the messages that the link is from; may be repeated',
      access: 'public',
      takes: { query },
      answers: {
        200: page('There is no consent any more.'),
        422: { description: 'The link is not one of this shop.' },
      },
      handle: async ({ query: { token } }, request, reply) => {
        const unsubscription = read(token, secret)
        const had = await withdraw(unsubscription)
        request.log.info({ lane: unsubscription.lane, had, ...request.correlation }, 'a consent was withdrawn by link')
        return html(reply, '<p>You get no more messages like this.</p>')
      },
    }),
  ]
}

function read(token: string, secret: string): Unsubscription {
  const unsubscription = readUnsubscribeToken(token, secret)
  if (unsubscription) return unsubscription
  const problems = [
    { path: 'token', found: 'a text that this shop has not signed', allowed: 'the link as it was sent' },
  ]
  throw new HttpProblemError(422, 'Unknown Link', 'the link is not one of this shop', { problems })
}

function html(reply: FastifyReply, content: string): FastifyReply {
  void reply.header('content-security-policy', policy).header('referrer-policy', 'no-referrer')
  void reply.header('cache-control', 'no-store')
  return reply
    .type('text/html; charset=utf-8')
    .send(`<!doctype html><html lang="en"><meta charset="utf-8"><title>Messages</title>${content}</html>\n`)
}
