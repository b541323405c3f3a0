// Do the real stages, on a real database and with a real provider, behave as their decisions
// promise, in whatever order events happen?
import fc from 'fast-check'
import { randomUUIDv7 } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { createIntake, intakeMetrics } from '@orderpipeline/orders/intake'
import type { Intake } from '@orderpipeline/orders/intake'
import { createProvider } from '@orderpipeline/payment'
import { providerConfig, startPaymentProvider } from '@orderpipeline/payment-provider'
import type { PaymentProvider } from '@orderpipeline/payment-provider'
import { RealShop } from '../src/real-shop.ts'
import { expectBalance, scenario, runSteps } from '../src/steps.ts'
import type { Scenario, Order } from '../src/steps.ts'
import { stages } from '../src/model-shop.ts'

const price = 100
let database: TestDatabase
let provider: PaymentProvider
let intake: Intake
let runs = 0
beforeAll(async () => {
  database = await testDatabase(postgresUrl(), { seedProducts: 0 })
  const settings = { HTTP_PORT: '0', METRICS_PORT: '0', PROVIDER_LATENCY_MS: '0', PROVIDER_JITTER_MS: '0' }
  const declines = { PROVIDER_DECLINE_RATE: '0.2' }
  provider = await startPaymentProvider(
    providerConfig({ ...settings, ...declines, DATABASE_URL: database.url }),
    silentLogger(),
  )
  intake = createIntake({
    database: database.as('orders'),
    metrics: intakeMetrics(createRegistry()),
    now: () => new Date(),
    newId: randomUUIDv7,
    ...{ maxBatch: 10, maxInFlight: 1, maxWaiting: 100 },
  })
})
afterAll(async () => {
  for (const closer of provider.closers) await closer.close()
  await database.drop()
})

async function placeOrders({
  orders: baskets,
  stock,
}: Scenario): Promise<{ orders: Order[]; before: Map<string, number> }> {
  const run = (runs += 1)
  const before = new Map(Object.entries(stock).map(([sku, pieces]) => [`RUN-${run}-${sku}`, pieces]))
  const columns = [[...before.keys()], [...before.values()]]
  await database.ask('orders', `INSERT INTO products SELECT sku, sku, ${price} FROM unnest($1::text[]) AS sku`, [
    columns[0],
  ])
  await database.ask('inventory', 'INSERT INTO stock SELECT * FROM unnest($1::text[], $2::bigint[])', columns)
  const orders = await Promise.all(
    baskets.map(async (quantities): Promise<Order> => {
      const items = (['A', 'B'] as const).map((sku) => ({ sku: `RUN-${run}-${sku}`, quantity: quantities[sku] }))
      const { orderId } = await intake.place({ customerId: `customer-${run}`, currency: 'EUR', items })
      return { orderId, items }
    }),
  )
  return { orders, before }
}

test('every order ends once and stock and money balance on real components', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (of) => {
      await database.ask('orders', 'TRUNCATE intake_outbox')
      const { orders, before } = await placeOrders(of)
      const suspects = new Set(of.suspected.map((number) => orders[number]?.orderId))
      const world = new RealShop(orders, database, createProvider({ url: provider.url, timeoutMs: 30_000 }), {
        ...{ screening: of.screening, atDue: of.atDue },
        isSuspected: (orderId) => suspects.has(orderId),
      })
      await runSteps(world, of.steps)
      const rows = await database.ask<{ sku: string; available: number }>(
        'inventory',
        'SELECT sku, available FROM stock WHERE sku = ANY ($1)',
        [[...before.keys()]],
      )
      const after = new Map(rows.map(({ sku, available }) => [sku, available]))
      expectBalance(await world.books(), price, { before, after }, { screening: of.screening })
    }),
    { numRuns: 40, endOnFailure: true },
  )
  for (const stage of stages) expect(await database.ask(stage, 'SELECT * FROM outbox')).toEqual([])
}, 300_000)
