// Which requests are about disputes? Those by which a person or a test plays the customer's bank,
// and those by which the shop asks how a dispute stands.
import { parsed } from '@orderpipeline/http'
import type { FastifyInstance } from '@orderpipeline/http'
import { z } from 'zod'
import type { Disputes, Place } from './disputes.ts'
import { ledgerAnswer } from './ledger-answer.ts'

const uuid = z.uuid('a uuid')
const idParams = z.object({ id: uuid })
const opening = z.strictObject({
  orderId: uuid,
  amountCents: z.int().min(1).optional(),
  reason: z
    .string()
    .regex(/^[a-z_]{1,40}$/, '1 to 40 small letters or underscores, such as fraudulent')
    .default('fraudulent'),
})
const closing = z.strictObject({ status: z.enum(['WON', 'LOST']) })
/** Change and id of the last dispute of a page. */
const place = /^(\d{1,16})_([\da-f-]{36})$/
const listQuery = z.union([
  z.strictObject({ chargeId: uuid }),
  z.strictObject({
    since: z.iso.datetime('a time such as 2026-01-02T03:04:05Z'),
    after: z.string().regex(place, 'the `next` of the page before').optional(),
  }),
])

export function serveDisputes(app: FastifyInstance, disputes: Disputes): void {
  app.post('/v1/disputes', async (request, reply) =>
    reply.code(201).send(await ledgerAnswer(disputes.open(parsed(opening, request.body)))),
  )
  app.put('/v1/disputes/:id', (request) => {
    const { id } = parsed(idParams, request.params)
    return ledgerAnswer(disputes.close(id, parsed(closing, request.body).status))
  })
  app.get('/v1/disputes/:id', (request) => ledgerAnswer(disputes.find(parsed(idParams, request.params).id)))
  app.get('/v1/disputes', async (request) => {
    const query = parsed(listQuery, request.query)
    if ('chargeId' in query) return { disputes: await ledgerAnswer(disputes.ofCharge(query.chargeId)) }
    const page = disputes.changedSince(new Date(query.since), placeOf(query.after))
    const { disputes: listed, last } = await ledgerAnswer(page)
    return { disputes: listed, ...(last ? { next: `${last.changedMicros}_${last.disputeId}` } : {}) }
  })
}

function placeOf(after: string | undefined): Place | undefined {
  const [, micros, disputeId] = place.exec(after ?? '') ?? []
  return micros === undefined || disputeId === undefined ? undefined : { changedMicros: Number(micros), disputeId }
}
