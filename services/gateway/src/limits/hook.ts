// Where is a request counted? By its address before anything else is done for it, and by its
// customer once that is known and its body is read, since each order of a batch counts.
import { HttpProblemError } from '@orderpipeline/http'
import type { FastifyInstance, FastifyRequest } from '@orderpipeline/http'
import { Counter } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
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
export function limitAddresses(app: FastifyInstance, { perAddress }: Limits, refusals: RefusalCounter): void {
  if (!perAddress) return
  app.addHook('onRequest', async (request) => {
    const waitMs = await perAddress.take(addressKey(request.ip), 1)
    if (waitMs > 0) throw tooMany('address', waitMs, refusals)
  })
}

export function limitCustomers(app: FastifyInstance, { perCustomer }: Limits, refusals: RefusalCounter): void {
  if (!perCustomer) return
  app.addHook('preHandler', async (request) => {
    const waits = [...orderCounts(request)].map(([customer, orders]) => perCustomer.take(customer, orders))
    const waitMs = Math.max(0, ...(await Promise.all(waits)))
    if (waitMs > 0) throw tooMany('customer', waitMs, refusals)
  })
}

export type RefusalCounter = Counter<'limit'>

export function refusalCounter(registry: Registry): RefusalCounter {
  return new Counter({
    name: 'gateway_rate_limited_total',
    help: 'Requests refused because their address or customer sent too many.',
    labelNames: ['limit'] as const,
    registers: [registry],
  })
}

function tooMany(limit: 'address' | 'customer', waitMs: number, refusals: RefusalCounter): HttpProblemError {
  refusals.inc({ limit })
  const headers = { 'retry-after': String(Math.ceil(waitMs / 1_000)) }
  return new HttpProblemError(429, 'Too Many Requests', `too many requests of this ${limit}`, { headers })
}

/**
 * How much of each customer's limit a request takes. The body is not checked yet, so only the
 * necessary fields are read.
 */
function orderCounts({ customer, body, query }: FastifyRequest): ReadonlyMap<string, number> {
  const orders = fieldOf(body, 'orders')
  const entries: readonly unknown[] = Array.isArray(orders) ? orders.slice(0, largestBatch) : [body]
  if (customer !== undefined) return new Map([[customer, Math.max(1, entries.length)]])
  const counts = new Map<string, number>()
  for (const customerId of [...entries.map((entry) => fieldOf(entry, 'customerId')), fieldOf(query, 'customer')])
    if (typeof customerId === 'string' && customerId.length <= 64)
      counts.set(customerId, (counts.get(customerId) ?? 0) + 1)
  return counts
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined
}
