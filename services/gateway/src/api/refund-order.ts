// How does the shop's staff refund a part of an order? By token with the staff's scope: an amount,
// or lines, which may go back into stock. The orders service decides; what is accepted is logged
// with who did it, and made by the payment stage.
import { HttpProblemError, route } from '@orderpipeline/http'
import type { FastifyReply, FastifyRequest, Route } from '@orderpipeline/http'
import type { RefundOfOrder, RequestedRefund, StoredRefund } from '@orderpipeline/orders/partial-refunds'
import { z } from 'zod'
import { orderStatus, requestedRefund } from '../responses.ts'
import { acceptedRefund, amountToRefund, linesToRefund, tooMuch } from './examples.ts'
import { idempotencyKey, orderIdParams, skuPattern } from './request-fields.ts'
import { noOrder } from './problems.ts'

/** @throws DatabaseError */
export type RequestRefund = (
  orderId: string,
  request: RefundOfOrder['request'],
  context: Omit<RefundOfOrder['context'], 'now'>,
) => Promise<RequestedRefund>

const printable = /^[^\u0000-\u001f\u007f-\u009f\ud800-\udfff]{1,200}$/u
const line = z.strictObject({
  sku: z.string().regex(skuPattern, '1 to 40 capital letters, digits or dashes, such as SKU-0001'),
  quantity: z.int().min(1).max(1000),
})

const body = z.strictObject({
  amountCents: z.int().min(1).optional().describe("In the minor unit of the order's currency. Either this or `items`."),
  items: z
    .array(line)
    .min(1)
    .max(50)
    .optional()
    .describe('Each SKU once; refunded at what was paid for it. Either this or `amountCents`.'),
  reason: z.string().regex(printable, '1 to 200 characters, none of them a control character'),
  restock: z
    .boolean()
    .optional()
    .describe('With `items` of a shipped order: the pieces are with the shop again and go into stock.'),
})

const headers = z.object({ 'idempotency-key': idempotencyKey })

export function refundingRoute(refund: RequestRefund | undefined): Route {
  return route({
    method: 'POST',
    path: '/orders/:id/refunds',
    summary: 'Refunds a part of an order: an amount, or lines. For staff',
    access: 'staff',
    takes: { params: orderIdParams, headers, body },
    examples: { amount: amountToRefund, lines: linesToRefund },
    answers: {
      202: {
        description:
          'The refund is durable and will be made, by this or an earlier request under this Idempotency-Key.',
        schema: requestedRefund,
        headers: {
          'idempotency-replayed': {
            description: 'The refund was requested before under this Idempotency-Key.',
            schema: z.literal('true'),
          },
        },
        examples: { requested: acceptedRefund },
      },
      403: { description: 'The token has no staff scope, or the gateway has none configured.' },
      404: { description: 'The shop has no such order.' },
      409: {
        description:
          'The order is not paid, was cancelled, is disputed, has too many refunds, or was not shipped (restock); `state` is its status. Or the pipeline has no refunds of parts.',
        members: { state: orderStatus.optional() },
      },
      422: {
        description:
          'More than is left of the payment or of a line; both or neither of amountCents and items; or the Idempotency-Key belongs to another refund of the order.',
        examples: { 'too much': tooMuch },
      },
    },
    handle: async ({ params: { id }, headers: { 'idempotency-key': key }, body: fields }, request, reply) => {
      if (!refund) throw refundsAreOff()
      refuseContradictions(fields)
      const { amountCents, items, reason, restock = false } = fields
      const by = request.staff ?? ''
      const about = { amountCents, items, reason, restock, idempotencyKey: key, by }
      return answer(id, await refund(id, about, request.correlation), request, reply)
    },
  })
}

function answer(id: string, decision: RequestedRefund, request: FastifyRequest, reply: FastifyReply) {
  switch (decision.kind) {
    case 'accepted': {
      const { refundId, amountCents } = decision.refund
      const staff = { staff: request.staff, orderId: id, refundId, amountCents, ...request.correlation }
      request.log.info(staff, 'a refund of a part was requested')
      return reply.code(202).send(requestedAnswer(id, decision.refund))
    }
    case 'repeated':
      return reply.code(202).header('idempotency-replayed', 'true').send(requestedAnswer(id, decision.refund))
    case 'unknown':
      throw noOrder(id)
    default:
      throw refusal(decision)
  }
}

type Refused = Exclude<RequestedRefund, { kind: 'accepted' | 'repeated' | 'unknown' }>

function refusal(decision: Refused): HttpProblemError {
  switch (decision.kind) {
    case 'conflict':
      return problem(422, 'Idempotency Conflict', 'this Idempotency-Key was used before with another refund', {
        ...{ path: 'idempotency-key', found: 'the key of another refund', allowed: 'a key for each refund' },
      })
    case 'wrong-state': {
      const { status, allowed } = decision
      const reason = { path: 'id', found: `an order that is ${status}`, allowed }
      return problem(409, 'Wrong State', `the order is ${status}`, reason, { state: status })
    }
    case 'disputed': {
      const reason = { path: 'id', found: 'an order with an open or lost dispute', allowed: 'an undisputed order' }
      return problem(409, 'Disputed', 'the bank has the money of the order, or may take it', reason)
    }
    case 'too-many': {
      const reason = { path: 'id', found: `an order with ${decision.most} refunds`, allowed: 'an order with fewer' }
      return problem(409, 'Too Many Refunds', `the order has ${decision.most} refunds`, reason)
    }
    case 'too-much': {
      const { amountCents, leftCents } = decision
      const allowed = leftCents > 0 ? `1 to ${leftCents}` : 'nothing; all of it has been refunded'
      const reason = { path: 'amountCents', found: String(amountCents), allowed }
      return problem(422, 'Too Much', `${amountCents} is more than is left of the payment`, reason)
    }
    case 'no-such-pieces': {
      const { index, item, left } = decision
      const reason = { path: `items[${index}].quantity`, found: String(item.quantity), allowed: `up to ${left}` }
      return problem(422, 'Too Much', `${left} pieces of ${item.sku} can be refunded`, reason)
    }
  }
}

interface Reason {
  readonly path: string
  readonly found: string
  readonly allowed: string
}

function problem(status: number, title: string, detail: string, reason: Reason, members?: { readonly state: string }) {
  return new HttpProblemError(status, title, detail, { problems: [reason], ...(members ? { members } : {}) })
}

function refundsAreOff(): HttpProblemError {
  return problem(409, 'Refunds Off', 'the pipeline has no refunds of parts', {
    path: 'id',
    found: 'a gateway that emits no orders.refunds',
    allowed: 'a pipeline with that topic (docs/guides/payment.md)',
  })
}

/** What depends on two fields is beyond JSON Schema. */
function refuseContradictions({ amountCents, items, restock }: z.output<typeof body>): void {
  if ((amountCents === undefined) === (items === undefined))
    throw problem(422, 'Amount Or Lines', 'a refund is of an amount or of lines', {
      ...{ path: 'amountCents', found: items ? 'both' : 'neither', allowed: 'either amountCents or items' },
    })
  if (restock && !items)
    throw problem(422, 'No Lines', 'only lines can go into stock', {
      ...{ path: 'restock', found: 'true without items', allowed: 'true with items' },
    })
  const skus = new Set<string>()
  for (const [index, { sku }] of (items ?? []).entries()) {
    if (skus.has(sku))
      throw problem(422, 'Doubled Line', `two lines of ${sku}`, {
        ...{ path: `items[${index}].sku`, found: sku, allowed: 'each SKU once; add the quantities up' },
      })
    skus.add(sku)
  }
}

function requestedAnswer(orderId: string, { refundId, amountCents, status }: StoredRefund) {
  return { orderId, refundId, amountCents, status }
}
