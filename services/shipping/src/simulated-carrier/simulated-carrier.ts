// Which carrier is there without a contract? One that stores nothing: a label's number follows from
// its order, so a repeated request gives the same one, and the parcel's status follows from the
// number and the time. For tests and for trying out.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import type { IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { z } from 'zod'
import type { CarriedStatus } from '../carrier/carrier.ts'

export interface SimulatedCarrierOptions {
  readonly port: number
  readonly host: string
  /** From a label to the parcel's end. */
  readonly deliverySeconds: number
  /** The share of parcels whose first delivery fails, 0 to 1; half of them come back. */
  readonly failureRate: number
  readonly now: () => Date
}

export interface SimulatedCarrier {
  readonly url: string
  /** Orders whose labels were voided, once for each request. */
  readonly voided: readonly string[]
  close(): Promise<void>
}

const orderIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
const Numbers = z.object({ trackingNumbers: z.array(z.string()).max(1_000) })
/** Voided orders that are remembered at most. */
const voidedAtMost = 10_000

export async function startSimulatedCarrier(options: SimulatedCarrierOptions): Promise<SimulatedCarrier> {
  const voidedIds: string[] = []
  const answer = async (request: IncomingMessage): Promise<readonly [status: number, body?: object]> => {
    const [, kind, orderId = ''] = (request.url ?? '').split('/')
    if (kind === 'healthz') return [200, {}]
    if (kind === 'labels' && request.method === 'PUT') {
      if (!orderIdPattern.test(orderId)) return [422, { detail: 'no order id' }]
      const trackingNumber = numberOf(orderId)
      const url = `https://carrier.example/${trackingNumber}`
      return [200, { carrier: 'Simulated', trackingNumber, trackingUrl: url, labelUrl: `${url}.pdf` }]
    }
    if (kind === 'labels' && request.method === 'DELETE') {
      if (voidedIds.length < voidedAtMost) voidedIds.push(orderId)
      return [204]
    }
    if (kind !== 'parcels' || request.method !== 'POST') return [404, { detail: 'no such path' }]
    const query = Numbers.safeParse(await jsonOf(request))
    if (!query.success) return [400, { detail: 'no tracking numbers' }]
    const parcels = query.data.trackingNumbers.map((trackingNumber) => ({
      trackingNumber,
      status: statusOf(trackingNumber, options),
    }))
    return [200, { parcels }]
  }
  const server = createServer((request, response) => {
    answer(request).then(
      ([status, body]) => {
        response.writeHead(status, body ? { 'content-type': 'application/json' } : {})
        response.end(body && JSON.stringify(body))
      },
      () => response.writeHead(400).end(),
    )
  })
  await new Promise<void>((resolve) => server.listen(options.port, options.host, resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    voided: voidedIds,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** The first 12 digits are the order's time, where its id has one. */
function numberOf(orderId: string): string {
  return `SIM${orderId.replaceAll('-', '').slice(0, 12)}${hashOf(orderId).slice(0, 8)}`.toUpperCase()
}

function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function statusOf(trackingNumber: string, options: SimulatedCarrierOptions): CarriedStatus {
  const orderedAt = Number.parseInt(trackingNumber.slice(3, 15), 16)
  const progress = (options.now().getTime() - orderedAt) / 1_000 / options.deliverySeconds
  const chance = Number.parseInt(hashOf(trackingNumber).slice(0, 8), 16) / 2 ** 32
  const failing = chance < options.failureRate
  if (progress < 1) return failing && progress >= 0.5 ? 'DELIVERY_FAILED' : 'UNDERWAY'
  return failing && chance < options.failureRate / 2 ? 'RETURNED' : 'DELIVERED'
}

async function jsonOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const piece of request) {
    text += String(piece)
    if (text.length > 200_000) throw new Error('too large')
  }
  return JSON.parse(text)
}
