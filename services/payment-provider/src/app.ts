// Which requests does the payment provider serve over HTTP? To charge, to refund, to stop a charge,
// to dispute one, to read the charges, and to behave differently.
import { createHttpServer, parsed } from '@orderpipeline/http'
import type { HttpServer, HttpServerOptions } from '@orderpipeline/http'
import { z } from 'zod'
import { Behaviour } from './behaviour.ts'
import type { Charges } from './charges.ts'
import { serveDisputes } from './dispute-routes.ts'
import type { Disputes } from './disputes.ts'
import { ledgerAnswer } from './ledger-answer.ts'
import type { Ledger } from './ledger.ts'
import type { Refunds } from './refunds.ts'

export interface AppOptions extends HttpServerOptions {
  readonly charges: Charges
  readonly ledger: Ledger
  readonly refunds: Refunds
  readonly disputes: Disputes
  readonly behaviour: { current: Behaviour }
}

const chargeHeaders = z.object({
  'idempotency-key': z.string().regex(/^[\x21-\x7e]{1,128}$/, '1 to 128 visible ASCII characters without spaces'),
})

const chargeBody = z.strictObject({
  orderId: z.uuid('a uuid'),
  customerId: z.string().min(1).max(64),
  amountCents: z.int().min(0),
  currency: z.string().regex(/^[A-Z]{3}$/, 'three capital letters, such as EUR'),
})

/** The key is that of the charge that is to be stopped. */
const voidBody = z.strictObject({ orderId: z.uuid('a uuid'), customerId: z.string().min(1).max(64) })

/** Without an amount all that is left of the charge. */
const refundBody = z.strictObject({ chargeId: z.uuid('a uuid'), amountCents: z.int().min(1).optional() })

const capturesAtOnce = 500
/** `after`: the last charge of the page before. */
const capturesQuery = z.object({
  since: z.iso.datetime('a time such as 2026-01-02T03:04:05Z'),
  until: z.iso.datetime('a time such as 2026-01-02T03:04:05Z'),
  after: z.uuid('a uuid').optional(),
})

export function buildApp(options: AppOptions): HttpServer {
  const { charges, ledger, refunds, behaviour } = options
  // kubectl's raw requests carry no content type: without one a body is read as JSON.
  const server = createHttpServer({ ...options, anyContentType: true, tracePeers: 'all' })

  server.app.post('/v1/charges', async (request, reply) => {
    const { 'idempotency-key': key } = parsed(chargeHeaders, request.headers)
    const { chargeId, status, reason } = await ledgerAnswer(charges.charge(key, parsed(chargeBody, request.body)))
    if (status !== 'captured') return reply.code(402).send({ status: 'declined', reason: reason ?? status })
    return reply.code(201).send({ chargeId, status })
  })

  server.app.get('/v1/charges', async (request) => {
    const { orderId } = parsed(z.object({ orderId: z.uuid('a uuid') }), request.query)
    return {
      charges: await ledgerAnswer(ledger.ofOrder(orderId)),
      refunds: await ledgerAnswer(refunds.ofOrder(orderId)),
    }
  })

  server.app.get('/v1/captures', async (request) => {
    const { since, until, after } = parsed(capturesQuery, request.query)
    return ledgerAnswer(
      ledger.captures({ since: new Date(since), until: new Date(until), after, limit: capturesAtOnce }),
    )
  })

  server.app.post('/v1/refunds', async (request, reply) => {
    const { 'idempotency-key': key } = parsed(chargeHeaders, request.headers)
    const { chargeId, amountCents } = parsed(refundBody, request.body)
    return reply.code(201).send(await ledgerAnswer(refunds.refund(key, chargeId, amountCents)))
  })

  server.app.post('/v1/voids', async (request) => {
    const { 'idempotency-key': key } = parsed(chargeHeaders, request.headers)
    const { status, chargeId } = await ledgerAnswer(refunds.void(key, parsed(voidBody, request.body)))
    return status === 'captured' ? { status, chargeId } : { status }
  })

  serveDisputes(server.app, options.disputes)

  server.app.get('/v1/behaviour', () => behaviour.current)
  server.app.put('/v1/behaviour', (request) => {
    behaviour.current = { ...behaviour.current, ...parsed(Behaviour.partial(), request.body) }
    return behaviour.current
  })
  return server
}
