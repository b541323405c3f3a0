// Which requests are about disputes? Those by which a person or a test plays the customer's bank,
// and those by which the shop asks how a dispute stands.
import { parsed } from '@orderpipeline/http'
import type { FastifyInstance } from '@orderpipeline/http'
import { z } from 'zod'
import type { Disputes } from './disputes.ts'
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
const listQuery = z.union([
  z.strictObject({ chargeId: uuid }),
  z.strictObject({ since: z.iso.datetime('a time such as 2026-01-02T03:04:05Z') }),
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
    const list = 'chargeId' in query ? disputes.ofCharge(query.chargeId) : disputes.changedSince(new Date(query.since))
    return { disputes: await ledgerAnswer(list) }
  })
}
