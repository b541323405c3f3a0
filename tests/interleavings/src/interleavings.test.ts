// Does every order end once, with stock, money and shipments in balance, whatever messages overtake
// each other or come twice, and whatever dies or is cancelled?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectBalance, scenario, runSteps } from './steps.ts'
import type { Scenario, Order } from './steps.ts'
import { price, ModelShop } from './model-shop.ts'

function idOf(n: number) {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

async function played({ orders: baskets, stock, declined, steps }: Scenario, refunds = true): Promise<ModelShop> {
  const orders = baskets.map((quantities, n): Order => ({
    orderId: idOf(n),
    items: (['A', 'B'] as const).map((sku) => ({ sku, quantity: quantities[sku] })),
  }))
  const declines = new Set(declined.map(idOf))
  const world = new ModelShop(orders, new Map(Object.entries(stock)), (orderId) => declines.has(orderId), refunds)
  await runSteps(world, steps)
  return world
}

test('every order ends once and stock and money balance in any interleaving', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (of) => {
      const world = await played(of)
      expectBalance(world.books(), price, { before: new Map(Object.entries(of.stock)), after: world.stock })
    }),
    { numRuns: 3_000 },
  )
})

test('the same without refunds of parts and disputes, where the history of a shipped order ends', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (of) => {
      const world = await played(of, false)
      const stock = { before: new Map(Object.entries(of.stock)), after: world.stock }
      expectBalance(world.books(), price, stock, false)
    }),
    { numRuns: 1_000 },
  )
})

test('without failures every order with stock and money ships', async () => {
  const one = { A: 1, B: 1 }
  const world = await played(
    {
      orders: [one, one, one, { A: 3, B: 3 }],
      stock: { A: 4, B: 4 },
      declined: [1],
      steps: [],
    },
    false,
  )
  expect([...world.statuses.values()]).toEqual(['SHIPPED', 'CANCELLED', 'SHIPPED', 'CANCELLED'])
  // Shipped, declined, out of stock: no further event concerns any of them. (Every run above has
  // checked this.)
  expect(world.orders.map(({ orderId }) => world.timelines.isFinal(orderId))).toEqual([true, true, true, true])
})
