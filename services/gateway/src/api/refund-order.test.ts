import { decode, encode, eventOf } from '@orderpipeline/order-events'
import { describe, expect, test } from 'vitest'
import type { AppOptions } from '../app.ts'
import { build, never } from '../testing/app-alone.ts'

describe('a refund of a part', () => {
  const id = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
  const refund = { refundId: id, amountCents: 500, status: 'REQUESTED' as const, reason: 'late', at: 'now' }
  type Refund = NonNullable<AppOptions['refund']>
  function post(body: object, decision?: Awaited<ReturnType<Refund>>, key = 'note-7') {
    const requests: Parameters<Refund>[] = []
    const answering: Refund = (...request) => {
      requests.push(request)
      return decision ? Promise.resolve(decision) : never()
    }
    const app = build({ refund: answering, verifyStaff: () => Promise.resolve('kim') }).app
    const headers = { ...(key === '' ? {} : { 'idempotency-key': key }) }
    return app
      .inject({ method: 'POST', url: `/v1/orders/${id}/refunds`, headers, payload: body })
      .then((answer) => ({ status: answer.statusCode, headers: answer.headers, body: answer.json<object>(), requests }))
  }
  const fields = { amountCents: 500, reason: 'late' }

  test('is accepted with who asked for it, and a repeat says that it is one', async () => {
    const accepted = await post(fields, { kind: 'accepted', refund })
    expect(accepted).toMatchObject({ status: 202, body: { orderId: id, refundId: id, status: 'REQUESTED' } })
    expect(accepted.requests).toMatchObject([
      [id, { ...fields, restock: false, idempotencyKey: 'note-7', by: 'kim' }, {}],
    ])
    const repeated = await post(fields, { kind: 'repeated', refund: { ...refund, status: 'REFUNDED' } })
    expect(repeated).toMatchObject({ status: 202, headers: { 'idempotency-replayed': 'true' } })
    expect(repeated.body).toEqual({ orderId: id, refundId: id, amountCents: 500, status: 'REFUNDED' })
  })

  test.each<[string, object]>([
    ['neither an amount nor lines', { reason: 'late' }],
    ['both', { ...fields, items: [{ sku: 'A', quantity: 1 }] }],
    ['an amount that goes into stock', { ...fields, restock: true }],
    ['a line twice', { reason: 'late', items: [1, 2].map((quantity) => ({ sku: 'A', quantity })) }],
  ])('is refused with 422 and never asked for: %s', async (_what, body) => {
    const answer = await post(body)
    expect(answer).toMatchObject({ status: 422, requests: [] })
  })

  test('has a reason that every service can read, or is refused', async () => {
    const longest = '\u{1f4e6}'.repeat(200)
    const { requests } = await post({ ...fields, reason: longest }, { kind: 'accepted', refund })
    expect(requests[0]?.[1].reason).toBe(longest)
    const data = { orderId: id, customerId: 'ada', refundId: id, amountCents: 500, currency: 'EUR', reason: longest }
    const event = eventOf('PartialRefundRequested', data, { source: '/orders', now: new Date() }, id)
    expect(decode(encode(event).value)).toEqual(event)
    // The database stores no half of a character.
    for (const reason of [`${longest}!`, 'half \ud83d'])
      expect(await post({ ...fields, reason })).toMatchObject({ status: 400, requests: [] })
  })

  test('needs a key, a reason, and an amount that is one', async () => {
    expect(await post(fields, undefined, '')).toMatchObject({
      status: 400,
      body: { problems: [{ path: 'idempotency-key' }] },
    })
    expect(await post({ amountCents: 1 })).toMatchObject({ status: 400, body: { problems: [{ path: 'reason' }] } })
    expect(await post({ ...fields, amountCents: 0 })).toMatchObject({ status: 400 })
  })

  test.each<[Awaited<ReturnType<Refund>>, number, object]>([
    [{ kind: 'unknown' }, 404, { title: 'Not Found' }],
    [{ kind: 'conflict' }, 422, { title: 'Idempotency Conflict' }],
    [{ kind: 'disputed' }, 409, { title: 'Disputed' }],
    [{ kind: 'too-many', most: 50 }, 409, { title: 'Too Many Refunds' }],
    [{ kind: 'wrong-state', status: 'PLACED', allowed: 'a paid one' }, 409, { state: 'PLACED' }],
    [
      { kind: 'too-much', amountCents: 500, leftCents: 300 },
      422,
      { problems: [{ path: 'amountCents', found: '500', allowed: '1 to 300' }] },
    ],
    [
      { kind: 'no-such-pieces', index: 1, item: { sku: 'A', quantity: 3 }, left: 2 },
      422,
      { problems: [{ path: 'items[1].quantity', found: '3', allowed: 'up to 2' }] },
    ],
  ])('is refused as %o with %i', async (decision, status, body) => {
    expect(await post(fields, decision)).toMatchObject({ status, body })
  })

  test('is off where the pipeline has no topic for it, and for those who are not staff', async () => {
    const request = { method: 'POST', url: `/v1/orders/${id}/refunds`, payload: fields } as const
    const headers = { 'idempotency-key': 'note-7' }
    const off = build({ verifyStaff: () => Promise.resolve('kim') }).app
    expect((await off.inject({ ...request, headers })).json()).toMatchObject({ status: 409, title: 'Refunds Off' })
    expect((await build().app.inject({ ...request, headers })).statusCode).toBe(403)
  })
})
