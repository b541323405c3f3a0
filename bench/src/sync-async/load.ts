// Which customers order? Those who come at any time, to measure how long an order then takes; and a
// fixed number at once, each waiting for its answer, to measure how many orders are possible.
import { setTimeout as sleep } from 'node:timers/promises'
import { interArrivalMs } from '@orderpipeline/traffic'
import { Pool } from 'undici'

export interface Placed {
  readonly orderId: string
  /** Unix milliseconds. */
  readonly sentAt: number
  readonly answerMs: number
}

export interface Load {
  /** One order, from a customer who waits for the answer. */
  readonly place: () => Promise<Placed>
  /**
   * At random moments, so many a second on average, whether or not earlier ones have their answer.
   */
  steadily(perSecond: number, seconds: number): Promise<Placed[]>
  /** So many customers who each order again as soon as they have their answer. */
  atOnce(customers: number, orders: number): Promise<Placed[]>
  close(): Promise<void>
}

export function startLoad(ordersUrl: string): Load {
  const { origin, pathname } = new URL(ordersUrl)
  const pool = new Pool(origin, { connections: 500, pipelining: 1, headersTimeout: 120_000, bodyTimeout: 120_000 })
  let count = 0

  const place = async (): Promise<Placed> => {
    const n = count++
    const sku = `SKU-${String((n % 100) + 1).padStart(4, '0')}`
    const body = { customerId: `customer-${n % 5_000}`, items: [{ sku, quantity: 1 }] }
    const [sentAt, startedAt] = [Date.now(), performance.now()]
    const headers = { 'content-type': 'application/json' }
    const response = await pool.request({ method: 'POST', path: pathname, headers, body: JSON.stringify(body) })
    const text = await response.body.text()
    const answerMs = performance.now() - startedAt
    if (response.statusCode >= 300) throw new Error(`an order was answered ${response.statusCode}: ${text}`)
    return { orderId: (JSON.parse(text) as { orderId: string }).orderId, sentAt, answerMs }
  }
  return loadOf(place, () => pool.close())
}

/** The load whose customers order by `place`. */
export function loadOf(place: () => Promise<Placed>, close: () => Promise<void>): Load {
  return {
    place,
    steadily: (perSecond, seconds) => atRandom(perSecond, seconds, place),
    atOnce: async (customers, orders) => {
      const results: Placed[] = []
      let startedCount = 0
      const customer = async (): Promise<void> => {
        while (startedCount++ < orders) results.push(await place())
      }
      await Promise.all(Array.from({ length: customers }, customer))
      return results
    },
    close,
  }
}

/**
 * Calls at random moments, so many a second on average, whether or not earlier calls have ended.
 */
export async function atRandom<Result>(
  perSecond: number,
  seconds: number,
  call: () => Promise<Result>,
): Promise<Result[]> {
  const results: Promise<Result>[] = []
  const startedAt = performance.now()
  for (let at = 0; at < seconds * 1_000; at += interArrivalMs(perSecond, Math.random())) {
    await sleep(Math.max(0, startedAt + at - performance.now()))
    const result = call()
    // Awaited below; without this, one that fails early would count as unhandled.
    result.catch(() => undefined)
    results.push(result)
  }
  return Promise.all(results)
}
