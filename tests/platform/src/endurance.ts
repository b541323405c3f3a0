// Which customers order while a dependency is unavailable, and what must have happened to their
// orders afterwards?
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { until } from '@orderpipeline/stage/testing'
import { createAccounts } from '@orderpipeline/test-support/accounts'
import { startCustomers } from '@orderpipeline/test-support/customers'
import type { Platform } from './platform.ts'

export interface Endurance {
  /**
   * Customers order, and some cancel, before, during and after a failure: they repeat a request
   * until they are answered. Then every order has ended once and the books agree.
   */
  through(trouble: () => Promise<void>): Promise<void>
  /**
   * Places one more order and repeats it under its key until it is accepted; returns the answers
   * before that.
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
        for (const link of Object.values(platform.links)) await link.restore()
        await customers.end()
        accepted.push(...customers.accepted.values())
      }
      await platform.settled()
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
          // 409: an earlier attempt, whose answer was lost, is just being placed.
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

/** The answer contains when to retry, and no details of the failure inside. */
export async function expectRetryAfter(response: Response): Promise<void> {
  expect(response.status).toBe(503)
  expect(response.headers.get('retry-after')).toMatch(/^[1-9]\d*$/)
  expect(await response.json()).toMatchObject({ title: 'Service Unavailable', status: 503 })
}
