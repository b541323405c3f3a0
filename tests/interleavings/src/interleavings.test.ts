// Does every order end once, with stock, money and shipments in balance, whatever messages overtake
// each other or come twice, and whatever dies or is cancelled?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { expectBalance, scenario, runSteps } from './steps.ts'
import type { RandomStep, Scenario, Order } from './steps.ts'
import { price, ModelShop } from './model-shop.ts'

function idOf(n: number) {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

async function played(of: Scenario, refunds = true): Promise<ModelShop> {
  const { orders: baskets, stock, declined, suspected, steps } = of
  const orders = baskets.map((quantities, n): Order => ({
    orderId: idOf(n),
    items: (['A', 'B'] as const).map((sku) => ({ sku, quantity: quantities[sku] })),
  }))
  const declines = new Set(declined.map(idOf))
  const suspects = new Set(suspected.map(idOf))
  const world = new ModelShop(orders, new Map(Object.entries(stock)), {
    ...{ screening: of.screening, atDue: of.atDue, refunds },
    declines: (orderId) => declines.has(orderId),
    isSuspected: (orderId) => suspects.has(orderId),
  })
  await runSteps(world, steps)
  return world
}

test('every order ends once and stock and money balance in any interleaving', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (of) => {
      const world = await played(of)
      const stock = { before: new Map(Object.entries(of.stock)), after: world.stock }
      expectBalance(world.books(), price, stock, { screening: of.screening })
    }),
    { numRuns: 3_000 },
  )
})

test('the same without refunds of parts and disputes, where the history of a shipped order ends', async () => {
  await fc.assert(
    fc.asyncProperty(scenario, async (of) => {
      const world = await played(of, false)
      const stock = { before: new Map(Object.entries(of.stock)), after: world.stock }
      expectBalance(world.books(), price, stock, { screening: of.screening, refundsReturns: false })
    }),
    { numRuns: 1_000 },
  )
})

const shopAsItIs = { screening: 'off', suspected: [], atDue: 'CANCEL' } as const

test('a held order ships once it is released, and a rejected one gives back its stock uncharged', async () => {
  const one = { A: 1, B: 1 }
  const steps: RandomStep[] = [
    ...Array.from({ length: 6 }, () => ({ kind: 'relay', crash: false }) as const),
    // Until the reservations of the first two orders are held; more than it takes.
    ...Array.from({ length: 60 }, (_, which) => ({ kind: 'handle', which, crash: 'nowhere' }) as const),
    { kind: 'decide hold', which: 0, decision: 'RELEASE' },
    { kind: 'decide hold', which: 0, decision: 'REJECT' },
    { kind: 'decide hold', which: 1, decision: 'REJECT' },
    { kind: 'decide hold', which: 1, decision: 'RELEASE' },
  ]
  const world = await played({
    ...{ orders: [one, one, one, one], stock: { A: 9, B: 9 }, declined: [], steps },
    ...{ screening: 'on', suspected: [0, 1, 3], atDue: 'CANCEL' },
  })
  const books = world.books()
  expect(books.map(({ history }) => history.join(' '))).toEqual([
    'PLACED PROCESSING HELD PROCESSING CONFIRMED SHIPPED',
    'PLACED PROCESSING HELD CANCELLED',
    'PLACED PROCESSING CONFIRMED SHIPPED',
    // No person has decided about it, but time.
    'PLACED PROCESSING HELD CANCELLED',
  ])
  expect(books.map(({ charged }) => charged)).toEqual([true, false, true, false])
  expect(world.stock).toEqual(new Map(Object.entries({ A: 7, B: 7 })))
})

test('without failures every order with stock and money ships', async () => {
  const one = { A: 1, B: 1 }
  const world = await played(
    {
      orders: [one, one, one, { A: 3, B: 3 }],
      stock: { A: 4, B: 4 },
      declined: [1],
      ...shopAsItIs,
      steps: [],
    },
    false,
  )
  expect([...world.statuses.values()]).toEqual(['SHIPPED', 'CANCELLED', 'SHIPPED', 'CANCELLED'])
  // Shipped, declined, out of stock: no further event concerns any of them. (Every run above has
  // checked this.)
  expect(world.orders.map(({ orderId }) => world.timelines.isFinal(orderId))).toEqual([true, true, true, true])
})
