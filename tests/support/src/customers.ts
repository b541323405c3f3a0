// Which customers order while everything dies? Customers who repeat an order, under the same key,
// until they are answered; some cancel it afterwards.
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Accounts } from './accounts.ts'

export interface Customers {
  /** Idempotency keys of answered orders, with the orders' ids. */
  readonly accepted: ReadonlyMap<string, string>
  /** Places no further orders; resolves when every customer has an answer. */
  end(): Promise<void>
}

export interface CustomersOptions {
  readonly gateway: string
  readonly accounts: Accounts
  readonly perSecond: number
  readonly skus: number
  /** Share of orders that are cancelled, some while after they were placed. */
  readonly regret: number
  /** 0 to 1. */
  readonly random?: () => number
}

const longestAnswerMs = 5_000
const again = 300
/** Bound on customers without an answer: no further one orders while so many wait. */
const most = 100

interface Answer {
  readonly status: number
  readonly text: string
}

export function startCustomers(options: CustomersOptions): Customers {
  const { gateway, accounts, random = Math.random } = options
  const accepted = new Map<string, string>()
  const present = new Set<Promise<void>>()
  let open = true

  const ask = async (account: string, id: string, path: string, init: RequestInit): Promise<Answer> => {
    for (;;) {
      accounts.recordAttempt(account, [id])
      try {
        const response = await fetch(gateway + path, { ...init, signal: AbortSignal.timeout(longestAnswerMs) })
        // An answer whose end does not come in time counts as none.
        const text = await response.text()
        const askAgain = response.headers.has('retry-after')
        if (response.status < 500 && !askAgain) return { status: response.status, text }
      } catch {
        // No connection, or no answer: the outcome is unknown, so the request is repeated.
      }
      await sleep(again)
    }
  }
  const visit = async (n: number): Promise<void> => {
    const key = randomUUID()
    const sku = (at: number) => `SKU-${String((at % options.skus) + 1).padStart(4, '0')}`
    const items = [...new Set([sku(n), sku(n * 7 + 3)])].map((each) => ({ sku: each, quantity: 1 + (n % 2) }))
    const { status, text } = await ask('orders', key, '/v1/orders', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': key },
      body: JSON.stringify({ customerId: `customer-${n % 50}`, items }),
    })
    if (status !== 202) throw new Error(`an order was answered with ${status}: ${text}`)
    const { orderId } = JSON.parse(text) as { orderId: string }
    accounts.removeInFlight('orders', [key])
    accepted.set(key, orderId)
    if (random() >= options.regret) return
    await sleep(4_000 * random() ** 2)
    await ask('cancellations', orderId, `/v1/orders/${orderId}`, { method: 'DELETE' })
    accounts.removeInFlight('cancellations', [orderId])
  }
  const coming = (async () => {
    for (let n = 0; open; n++) {
      const visiting = visit(n).finally(() => present.delete(visiting))
      present.add(visiting)
      // Awaited when the shop closes.
      visiting.catch(() => undefined)
      await sleep(1_000 / options.perSecond)
      while (open && present.size >= most) await sleep(50)
    }
  })()
  return {
    accepted,
    end: async () => {
      open = false
      await coming
      await Promise.all(present)
    },
  }
}
