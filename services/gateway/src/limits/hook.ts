// Where is a request counted? By its address before anything else is done for it, and by its
// customer once that is known and its body is read, since each order of a batch counts.
import { HttpProblem, type FastifyInstance, type FastifyRequest } from '@orderpipeline/http'
import { Counter, type Registry } from '@orderpipeline/telemetry'
import { addressKey } from './address.ts'
import type { Limiter } from './limiter.ts'
import { largestBatch } from './settings.ts'

export interface Limits {
  readonly perAddress?: Limiter
  readonly perCustomer?: Limiter
}

/**
 * To be called before authentication is hooked in: who is refused here costs no signature check.
 */
export function limitAddresses(app: FastifyInstance, { perAddress }: Limits, refused: Refused): void {
  if (!perAddress) return
  app.addHook('onRequest', async (request) => {
    const waitMs = await perAddress.take(addressKey(request.ip), 1)
    if (waitMs > 0) throw tooMany('address', waitMs, refused)
  })
}

export function limitCustomers(app: FastifyInstance, { perCustomer }: Limits, refused: Refused): void {
  if (!perCustomer) return
  app.addHook('preHandler', async (request) => {
    const taken = [...counted(request)].map(([customer, orders]) => perCustomer.take(customer, orders))
    const waitMs = Math.max(0, ...(await Promise.all(taken)))
    if (waitMs > 0) throw tooMany('customer', waitMs, refused)
  })
}

export type Refused = Counter<'limit'>

export const refusedCounter = (registry: Registry): Refused =>
  new Counter({
    name: 'gateway_rate_limited_total',
    help: 'Requests refused since their address or customer had made too many.',
    labelNames: ['limit'] as const,
    registers: [registry],
  })

function tooMany(limit: 'address' | 'customer', waitMs: number, refused: Refused): HttpProblem {
  refused.inc({ limit })
  const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)) }
  return new HttpProblem(429, 'Too Many Requests', `too many requests of this ${limit}`, { headers })
}

/**
 * How much of each customer's limit a request takes. Of what is not yet checked no more is believed
 * than is needed.
 */
function counted({ customer, body, query }: FastifyRequest): ReadonlyMap<string, number> {
  const orders = fieldOf(body, 'orders')
  const entries: readonly unknown[] = Array.isArray(orders) ? orders.slice(0, largestBatch) : [body]
  if (customer !== undefined) return new Map([[customer, Math.max(1, entries.length)]])
  const counts = new Map<string, number>()
  for (const named of [...entries.map((entry) => fieldOf(entry, 'customerId')), fieldOf(query, 'customer')])
    if (typeof named === 'string' && named.length <= 64) counts.set(named, (counts.get(named) ?? 0) + 1)
  return counts
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
