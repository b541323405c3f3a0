// Is what the simulator says of disputes taken for what it means, and a provider without disputes
// for one that has none?
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { simulatorDisputes } from './simulator-disputes.ts'

let server: Server | undefined
afterEach(() => {
  server?.closeAllConnections()
  server?.close()
})

const dispute = {
  ...{ disputeId: 'du-1', orderId: '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f', customerId: 'customer-7' },
  ...{ chargeId: 'ch-1', amountCents: 700, currency: 'EUR', reason: 'fraudulent', status: 'OPEN' },
} as const
const never = new AbortController().signal

async function listening(status: number, body: unknown) {
  const requests: string[] = []
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers.authorization}`)
    const answer: unknown = typeof body === 'function' ? (body as () => unknown)() : body
    response.writeHead(status).end(JSON.stringify(answer))
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const source = simulatorDisputes({ url: `http://127.0.0.1:${port}/below`, timeoutMs: 30_000, token: 't' })
  return { requests, source }
}

test('asks how a dispute stands, which are of a charge, and which have changed', async () => {
  const one = await listening(200, dispute)
  expect(await one.source.of('du/1', never)).toEqual(dispute)
  const { requests, source } = await listening(200, { disputes: [dispute] })
  expect(await source.ofCharge('ch-1', never)).toEqual(['du-1'])
  expect(await source.changedSince(new Date('2026-01-02T03:04:05Z'), never)).toEqual(['du-1'])
  expect([...one.requests, ...requests]).toEqual([
    'GET /below/v1/disputes/du%2F1 Bearer t',
    'GET /below/v1/disputes?chargeId=ch-1 Bearer t',
    'GET /below/v1/disputes?since=2026-01-02T03%3A04%3A05.000Z Bearer t',
  ])
})

test('reads all pages of the changes, and not those of a list without an end', async () => {
  const pages = [
    { disputes: [dispute], next: 'a' },
    { disputes: [{ ...dispute, disputeId: 'du-2' }], next: 'b' },
    { disputes: [{ ...dispute, disputeId: 'du-3' }] },
  ]
  const { requests, source } = await listening(200, () => pages[Math.min(requests.length, pages.length) - 1])
  expect(await source.changedSince(new Date(0), never)).toEqual(['du-1', 'du-2', 'du-3'])
  expect(requests.map((request) => /after=(\w)/.exec(request)?.[1])).toEqual([undefined, 'a', 'b'])
  const stuck = await listening(200, { disputes: [dispute], next: 'a' })
  await expect(stuck.source.changedSince(new Date(0), never)).rejects.toMatchObject({ reason: 'Misconfigured' })
  expect(stuck.requests).toHaveLength(2)
  let count = 0
  const endless = await listening(200, () => ({ disputes: [], next: `page-${count++}` }))
  await expect(endless.source.changedSince(new Date(0), never)).rejects.toMatchObject({ reason: 'Misconfigured' })
  expect(count).toBe(1_000)
})

test('a provider that knows no disputes has none', async () => {
  const { source } = await listening(404, { title: 'Not Found' })
  expect(await source.of('du-1', never)).toBeUndefined()
  expect(await source.ofCharge('ch-1', never)).toEqual([])
  expect(await source.changedSince(new Date(0), never)).toEqual([])
})

test('an outage and an answer of another form are errors, not the absence of disputes', async () => {
  const away = await listening(503, {})
  await expect(away.source.ofCharge('ch-1', never)).rejects.toMatchObject({ outage: true })
  const other = await listening(200, { ...dispute, status: 'under_review' })
  await expect(other.source.of('du-1', never)).rejects.toMatchObject({ reason: 'Misconfigured' })
  await expect(other.source.changedSince(new Date(0), never)).rejects.toMatchObject({ reason: 'Misconfigured' })
})
