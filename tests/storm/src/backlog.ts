// How does a backlog build up? Many orders in batches, as fast as the gateway accepts them, each
// batch under a key of its own and repeated until all of it is accepted.
import { setTimeout as sleep } from 'node:timers/promises'

export interface BacklogOptions {
  readonly gateway: string
  readonly orders: number
  readonly skus: number
  /** 0 to 1; called in the same order every time. */
  readonly random: () => number
  /** Ids of orders that were just accepted. */
  readonly onAccepted: (orderIds: readonly string[]) => void
  readonly signal: AbortSignal
}

interface Result {
  readonly status: number
  readonly orderId?: string
}

const batchSize = 100
const atOnce = 6
const againMs = 300
const longestAnswerMs = 15_000
const customers = 5_000

/** @throws where an order is refused for good */
export async function placeBacklog(options: BacklogOptions): Promise<void> {
  const batches = Array.from({ length: Math.ceil(options.orders / batchSize) }, (_, n) =>
    ordersOf(Math.min(batchSize, options.orders - n * batchSize), options),
  )
  let next = 0
  const client = async (): Promise<void> => {
    while (next < batches.length) {
      const n = next++
      options.onAccepted(await place(`backlog-${n}`, batches[n]!, options))
    }
  }
  await Promise.all(Array.from({ length: atOnce }, client))
}

function ordersOf(count: number, { random, skus }: BacklogOptions) {
  return Array.from({ length: count }, () => {
    const [one, other] = [Math.floor(random() * skus), Math.floor(random() * skus)]
    const lines = [...new Set([one, other])].map((sku) => ({ sku: skuOf(sku), quantity: 1 + Math.floor(random() * 2) }))
    return { customerId: `customer-${Math.floor(random() * customers)}`, items: lines }
  })
}

function skuOf(n: number): string {
  return `SKU-${String(n + 1).padStart(4, '0')}`
}

async function place(key: string, orders: readonly unknown[], { gateway, signal }: BacklogOptions): Promise<string[]> {
  for (;;) {
    signal.throwIfAborted()
    const results = await answerOf(`${gateway}/v1/orders/batch`, key, orders)
    const refusal = results.find(({ status }) => status >= 400 && status < 500 && status !== 409 && status !== 429)
    if (refusal) throw new Error(`an order of the backlog was answered ${JSON.stringify(refusal)}`)
    if (results.length === orders.length && results.every(({ status }) => status === 202))
      return results.map(({ orderId }) => orderId ?? '')
    await sleep(againMs, undefined, { signal })
  }
}

/** Undefined where no answer comes in time, or all orders are to be retried. */
async function answerOf(url: string, key: string, orders: readonly unknown[]): Promise<readonly Result[]> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ orders }),
      signal: AbortSignal.timeout(longestAnswerMs),
    })
    const answer = (await response.json()) as { readonly results?: readonly Result[] }
    if (response.status === 207) return answer.results ?? []
    return response.status >= 500 || response.headers.has('retry-after') ? [] : [{ status: response.status }]
  } catch {
    return []
  }
}
