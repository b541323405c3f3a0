// Is a carrier called as its contract says, and does each failure get the right reason?
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startSimulatedCarrier } from '../simulated-carrier/simulated-carrier.ts'
import type { SimulatedCarrier } from '../simulated-carrier/simulated-carrier.ts'
import { httpCarrier } from './http-carrier.ts'

const orderId = '01936d5e-7a2b-7c3d-8e4f-5a6b7c8d9e0f'
const placedAt = Number.parseInt('01936d5e7a2b', 16)
const items = [{ sku: 'SKU-0001', quantity: 1 }]
function signal() {
  return AbortSignal.timeout(60_000)
}
let passedSeconds = 0
let simulatedCarrier: SimulatedCarrier
beforeAll(async () => {
  const now = () => new Date(placedAt + passedSeconds * 1_000)
  simulatedCarrier = await startSimulatedCarrier({
    port: 0,
    host: '127.0.0.1',
    deliverySeconds: 100,
    failureRate: 0,
    now,
  })
})
afterAll(() => simulatedCarrier.close())
function carrier() {
  return httpCarrier({ url: simulatedCarrier.url, timeoutMs: 30_000 })
}

test('repeats a label on request, and its parcel is delivered in time', async () => {
  const label = await carrier().label({ orderId, items }, signal())
  expect(await carrier().label({ orderId, items }, signal())).toEqual(label)
  expect(label).toMatchObject({ carrier: 'Simulated', trackingNumber: expect.stringMatching(/^SIM/) as string })
  const status = async () => (await carrier().statuses([label.trackingNumber], signal())).get(label.trackingNumber)
  expect(await status()).toBe('UNDERWAY')
  passedSeconds = 101
  expect(await status()).toBe('DELIVERED')
  await carrier().void(orderId, signal())
  expect(simulatedCarrier.voided).toEqual([orderId])
})

test('some parcels fail first, then return or arrive', async () => {
  let at = 0
  const failing = await startSimulatedCarrier({
    port: 0,
    host: '127.0.0.1',
    deliverySeconds: 100,
    failureRate: 1,
    now: () => new Date(placedAt + at * 1_000),
  })
  const client = httpCarrier({ url: failing.url, timeoutMs: 30_000 })
  const numbers = Array.from({ length: 200 }, (_, n) => `SIM01936D5E7A2B${n}`)
  const statuses = async () => new Set((await client.statuses(numbers, signal())).values())
  at = 60
  expect(await statuses()).toEqual(new Set(['DELIVERY_FAILED']))
  at = 101
  expect(await statuses()).toEqual(new Set(['DELIVERED', 'RETURNED']))
  await failing.close()
})

const failures = [
  [400, 'Refused', false],
  [422, 'Refused', false],
  [401, 'Misconfigured', true],
  [404, 'Misconfigured', true],
  [302, 'Misconfigured', true],
  [429, 'Busy', true],
  [503, 'Busy', true],
  [200, 'Misconfigured', true],
] as const
test.each(failures)('an answer %i is %s, and an outage: %s', async (status, reason, outage) => {
  const server = createServer((_request, response) => response.writeHead(status, { location: '/' }).end('{"no": 1}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const call = httpCarrier({ url, timeoutMs: 30_000 }).label({ orderId, items }, signal())
  await expect(call).rejects.toMatchObject({ reason, outage, retry: outage })
  server.close()
})

test('waits for a carrier that is away or silent', async () => {
  const never = createServer(() => undefined)
  await new Promise<void>((resolve) => never.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(never.address() as AddressInfo).port}`
  await expect(httpCarrier({ url, timeoutMs: 50 }).void(orderId, signal())).rejects.toMatchObject({ reason: 'Busy' })
  never.closeAllConnections()
  await new Promise((resolve) => never.close(resolve))
  await expect(httpCarrier({ url, timeoutMs: 30_000 }).void(orderId, signal())).rejects.toMatchObject({
    reason: 'Unreachable',
    outage: true,
  })
})
