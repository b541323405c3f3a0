// Can a team bring stages of its own by the files in examples/? A fraud check with tables of its
// own, and recommendations in Go, next to the running shop; then the shop as it was.
import { kafkaConnection, readTopicToEnd } from '@orderpipeline/kafka-admin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attach, gatewayUrl } from '../src/platform.ts'
import type { Platform } from '../src/platform.ts'
import { reapplied } from '../src/release.ts'
import { waitFor } from '../src/wait.ts'

const own = ['fraud-check', 'recommendations']
/**
 * The fraud check suspects the eleventh order of a customer, and those that were placed in the same
 * instant.
 */
const orders = 15

/** Among dead letters there are notes on them as well, which concern no order. */
interface StatusEvent {
  readonly data?: { readonly orderId: string; readonly customerId: string }
}

describe('the extended shop', () => {
  let platform: Platform
  let accepted: readonly string[]
  const customerId = `eager-${process.pid}`

  beforeAll(async () => {
    platform = await attach()
    await platform.settled('shop')
  })
  afterAll(async () => {
    await platform.cluster.kubectl(['delete', '-f', 'examples/fraud-check/tables.yaml', '--ignore-not-found'])
    // The files of examples/ are of an open shop: the other tests are of the one with tokens.
    await reapplied()
    await platform.settled('shop')
    await platform.close()
  })

  /** Orders of this test's customer. */
  const ordersIn = async (topic: string): Promise<readonly string[]> => {
    const kafka = kafkaConnection({ bootstrapServers: platform.kafkaBroker, clientId: 'e2e', timeoutMs: 10_000 })
    try {
      const records = await readTopicToEnd(kafka, topic)
      const events = records.map(({ value }) => JSON.parse(String(value)) as StatusEvent)
      return events.flatMap(({ data }) => (data?.customerId === customerId ? [data.orderId] : []))
    } finally {
      await kafka.close()
    }
  }
  const ordersOf = (topic: string, atLeast: number) =>
    waitFor(
      `${atLeast} orders of ${customerId} in ${topic}`,
      async () => {
        const about = [...new Set(await ordersIn(topic))].sort()
        return about.length >= atLeast ? { done: true, value: about } : { done: false, seen: `${about.length}` }
      },
      { seconds: 120 },
    )

  it('gets its tables and stages, and keeps the shop’s own stages running', async () => {
    const others = await platform.childVersions('shop', 'notification')
    await platform.cluster.kubectl(['apply', '-f', 'examples/fraud-check/tables.yaml'])
    await platform.cluster.kubectl(['wait', '--for=condition=complete', 'job/fraud-check-tables', '--timeout=100s'])
    await platform.cluster.kubectl(['apply', '-f', 'examples/shop-extended.yaml'])
    await platform.settled('shop')
    for (const stage of own) expect(await platform.cluster.stage(`shop-${stage}`)).toEqual({ wanted: 1, ready: 1 })
    expect(await platform.childVersions('shop', 'notification')).toEqual(expect.arrayContaining([...others]))
  })

  it('suspects a customer of many orders and recommends products bought together', async () => {
    const entries = Array.from({ length: orders }, (_, n) => ({
      idempotencyKey: `${customerId}-${n}`,
      customerId,
      items: ['SKU-0001', 'SKU-0002', `SKU-000${3 + (n % 5)}`].map((sku) => ({ sku, quantity: 1 })),
    }))
    const answer = await fetch(`${gatewayUrl}/v1/orders/batch`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ orders: entries }),
      signal: AbortSignal.timeout(30_000),
    })
    expect(answer.status).toBe(207)
    const { results } = (await answer.json()) as { results: { status: number; orderId?: string }[] }
    accepted = results.flatMap(({ orderId }) => (orderId === undefined ? [] : [orderId])).sort()
    expect(accepted).toHaveLength(orders)
    const suspected = await ordersOf('shop.orders.suspected', orders - 10)
    expect(accepted).toEqual(expect.arrayContaining(suspected.value))
    await platform.finished(120)
    const recommended = await ordersOf('shop.products.recommended', 1)
    expect(accepted).toEqual(expect.arrayContaining(recommended.value))
  })

  it('gives up no message of any stage', async () => {
    for (const stage of [...own, 'notification']) expect(await ordersIn(`shop.${stage}.dead-letters`)).toEqual([])
  })

  it('becomes the shop again when that is applied, without leftovers', async () => {
    await platform.cluster.kubectl(['apply', '-f', 'examples/shop.yaml'])
    await waitFor(
      'nothing left of the stages',
      async () => {
        const remaining = await platform.cluster.namesOf('deployment,scaledobject,networkpolicy', 'shop')
        const theirs = remaining.filter((name) => own.some((stage) => name.endsWith(`shop-${stage}`)))
        return theirs.length === 0 ? { done: true, value: theirs } : { done: false, seen: theirs.join(', ') }
      },
      { seconds: 120 },
    )
    await platform.settled('shop')
  })
})
