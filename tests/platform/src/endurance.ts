// Who orders while something is away, and what must have become of them afterwards?
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { until } from '@orderpipeline/stage/testing'
import { createAccounts } from '@orderpipeline/test-support/accounts'
import { startCustomers } from '@orderpipeline/test-support/customers'
import type { Platform } from './platform.ts'

export interface Endurance {
  /**
   * Customers order, and some think again, before, while and after something is wrong: they ask
   * again until they are answered. Then every order has ended once and the books agree.
   */
  through(trouble: () => Promise<void>): Promise<void>
  /**
   * One order more, asked for again under its key until it is taken; the answers that came before
   * that.
   */
  place(): Promise<{ readonly orderId: string; readonly before: readonly Response[] }>
  /** An order that the test has placed itself. */
  accepted(orderId: string): void
}

export function endurance(platform: Platform): Endurance {
  const accepted: string[] = []
  const { url } = platform.gateway
  let visitors = 0
  return {
    accepted: (orderId) => void accepted.push(orderId),
    through: async (trouble) => {
      const customers = startCustomers({
        ...{ gateway: url, accounts: createAccounts(), perSecond: 5, skus: 20, regret: 0.2 },
      })
      const more = async (): Promise<void> => {
        const enough = customers.accepted.size + 5
        await until(() => customers.accepted.size >= enough)
      }
      try {
        await more()
        await trouble()
        await more()
      } finally {
        for (const link of Object.values(platform.links)) await link.mend()
        await customers.end()
        accepted.push(...customers.accepted.values())
      }
      await platform.quiet()
      await platform.expectFlawless(accepted)
    },
    place: async () => {
      const before: Response[] = []
      const key = `visitor-${++visitors}`
      for (;;) {
        const response = await fetch(`${url}/v1/orders`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'idempotency-key': key },
          body: JSON.stringify({ customerId: key, items: [{ sku: 'SKU-0002', quantity: 1 }] }),
          signal: AbortSignal.timeout(60_000),
        })
        if (response.status !== 202) {
          // 409: an earlier try, which nobody has answered, is just being placed.
          if (response.status !== 409) before.push(response)
          await sleep(300)
          continue
        }
        const { orderId } = (await response.json()) as { orderId: string }
        accepted.push(orderId)
        return { orderId, before }
      }
    },
  }
}

/** As it says when to come again, and nothing of what is wrong inside. */
export async function expectAskedToComeAgain(response: Response): Promise<void> {
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(await response.json()).toMatchObject({ title: 'Service Unavailable', status: 503 })
}
