// Is each answer of the provider, and each silence, taken for what it means?
import { createServer } from 'node:http'
import type { IncomingHttpHeaders, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { createProvider } from './provider.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const charge = { orderId: 'order-1', customerId: 'customer-1', amountCents: 700, currency: 'EUR' }

interface FixedAnswer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Readonly<Record<string, string>>
}

async function listening(answer: FixedAnswer | 'nothing' | 'reset', below = '', token?: string) {
  const requests: { method?: string; url?: string; headers: IncomingHttpHeaders; body: string }[] = []
  server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body })
      if (answer === 'reset') request.socket.destroy()
      else if (answer !== 'nothing') response.writeHead(answer.status, answer.headers).end(JSON.stringify(answer.body))
    })
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const timeoutMs = answer === 'nothing' ? 200 : 30_000
  return { requests, provider: createProvider({ url: `http://127.0.0.1:${port}${below}`, timeoutMs, token }) }
}
const never = new AbortController().signal

test('sends the order id as idempotency key', async () => {
  const { requests, provider } = await listening({ status: 201, body: { status: 'captured', chargeId: 'ch-1' } })
  expect(await provider.charge(charge, never)).toEqual({ status: 'captured', chargeId: 'ch-1' })
  expect(requests[0]).toMatchObject({ method: 'POST', url: '/v1/charges', headers: { 'idempotency-key': 'order-1' } })
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual(charge)
})

test('refunds under a key of its own, and stops under the charge’s key', async () => {
  const refund = { refundId: 're-1', chargeId: 'ch-1', amountCents: 700, currency: 'EUR' }
  const refunding = await listening({ status: 201, body: refund })
  expect(await refunding.provider.refund('order-1', 'ch-1', never)).toEqual(refund)
  expect(refunding.requests[0]).toMatchObject({ url: '/v1/refunds', headers: { 'idempotency-key': 'refund-order-1' } })
  expect(JSON.parse(refunding.requests[0]?.body ?? '')).toEqual({ chargeId: 'ch-1' })
  server?.close()
  const stopping = await listening({ status: 200, body: { status: 'captured', chargeId: 'ch-1' } })
  const about = { orderId: 'order-1', customerId: 'customer-1' }
  expect(await stopping.provider.stop(about, never)).toEqual({ status: 'captured', chargeId: 'ch-1' })
  expect(stopping.requests[0]).toMatchObject({ url: '/v1/voids', headers: { 'idempotency-key': 'order-1' } })
})

test('refunds a part under a key of its own, with its amount', async () => {
  const refund = { refundId: 're-1', chargeId: 'ch-1', amountCents: 300, currency: 'EUR' }
  const { requests, provider } = await listening({ status: 201, body: refund })
  const part = { amountCents: 300, currency: 'EUR', refundId: 'part-7' }
  expect(await provider.refund('order-1', 'ch-1', never, { part })).toEqual(refund)
  expect(requests[0]).toMatchObject({ url: '/v1/refunds', headers: { 'idempotency-key': 'part-part-7' } })
  expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ chargeId: 'ch-1', amountCents: 300 })
})

test.each([{}, { refunds: [{ refundId: 're-1' }] }])('an adapter that lists %o knows no refunds', async (more) => {
  const charges = [{ chargeId: 'ch-1', status: 'captured' }]
  const { provider } = await listening({ status: 200, body: { charges, ...more } })
  await expect(provider.findRefund('order-1', 'ch-1', never)).rejects.toMatchObject({ reason: 'Unsupported' })
})

test('another server in the place of the provider is no adapter without refunds', async () => {
  const { provider } = await listening({ status: 200, body: { hello: 'world' } })
  await expect(provider.findRefund('order-1', 'ch-1', never)).rejects.toMatchObject({ reason: 'Misconfigured' })
})

test('passes the trace of a call on if there is one', async () => {
  const { requests, provider } = await listening({ status: 201, body: { status: 'captured', chargeId: 'ch-1' } })
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
  await provider.charge(charge, never, traceparent)
  await provider.charge(charge, never)
  expect(requests.map(({ headers }) => headers['traceparent'])).toEqual([traceparent, undefined])
})

test('402 is an answer and no error', async () => {
  const { provider } = await listening({ status: 402, body: { status: 'declined', reason: 'insufficient_funds' } })
  expect(await provider.charge(charge, never)).toEqual({ status: 'declined', reason: 'insufficient_funds' })
})

test('409 means a charge in flight and is no failure', async () => {
  const { provider } = await listening({ status: 409, body: {} })
  await expect(provider.charge(charge, never)).rejects.toMatchObject({ reason: 'InFlight', retry: true, outage: true })
})

test.each([['/psp'], ['/psp/']])('calls a provider below %s with its credentials', async (below) => {
  const { requests, provider } = await listening(
    { status: 201, body: { status: 'captured', chargeId: 'ch-1' } },
    below,
    'secret',
  )
  await provider.charge(charge, never)
  expect(requests[0]).toMatchObject({ url: '/psp/v1/charges', headers: { authorization: 'Bearer secret' } })
})

test.each([408, 425, 429, 502, 503, 504])('%i is an outage and does not count against the order', async (status) => {
  const { provider } = await listening({ status, body: {} })
  await expect(provider.charge(charge, never)).rejects.toMatchObject({ reason: 'Busy', retry: true, outage: true })
})

test.each([500, 501])('%i is retried a limited number of times', async (status) => {
  const { provider } = await listening({ status, body: {} })
  await expect(provider.charge(charge, never)).rejects.toMatchObject({ reason: 'Failing', retry: true, outage: false })
})

test.each([400, 422])('%i is not retried', async (status) => {
  const { provider } = await listening({ status, body: { detail: 'amountCents' } })
  await expect(provider.charge(charge, never)).rejects.toMatchObject({ reason: 'Refused', retry: false })
})

const notAboutMoney = { reason: 'Misconfigured', retry: true, outage: true }

test.each([204, 301, 302, 307, 308, 401, 403, 404, 405, 406, 410, 413, 415, 451])(
  '%i is not about the charge and does not count against the order',
  async (status) => {
    const { requests, provider } = await listening({ status, body: '', headers: { location: '/v1/charges' } })
    const calls = [
      provider.charge(charge, never),
      provider.stop(charge, never),
      provider.refund('order-1', 'ch-1', never),
    ]
    for (const call of calls) await expect(call).rejects.toMatchObject(notAboutMoney)
    // Nothing was followed.
    expect(requests).toHaveLength(3)
  },
)

test.each([201, 402])('a malformed body under %i is not about the charge either', async (status) => {
  const { provider } = await listening({ status, body: { status: 'captured' } })
  await expect(provider.charge(charge, never)).rejects.toMatchObject(notAboutMoney)
})

test('stops reading an answer that is too large', async () => {
  const { provider } = await listening({ status: 201, body: 'x'.repeat(1_000_000) })
  await expect(provider.charge(charge, never)).rejects.toMatchObject({
    ...notAboutMoney,
    message: 'answered 201 with more than 65536 bytes',
  })
})

test('a connection that breaks during a call is an outage', async () => {
  const { provider } = await listening('reset')
  await expect(provider.charge(charge, never)).rejects.toMatchObject({ reason: 'Unreachable', outage: true })
})

test('a time-out is retried and does not count against the order', async () => {
  const { provider } = await listening('nothing')
  await expect(provider.charge(charge, never)).rejects.toMatchObject({ reason: 'Busy', retry: true, outage: true })
})

test('a refused connection is an outage', async () => {
  const { provider } = await listening({ status: 200, body: {} })
  await new Promise((resolve) => server?.close(resolve))
  await expect(provider.charge(charge, never)).rejects.toMatchObject({ reason: 'Unreachable', outage: true })
})
