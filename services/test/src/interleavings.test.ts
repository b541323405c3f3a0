// Whatever overtakes what, comes twice, dies or is cancelled: does every order end once, with stock, money and shipments in balance?
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { price, World } from './world.ts'
import type { Crash, Order } from './world.ts'

const idOf = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
const skus = ['A', 'B'] as const

type Step =
  | { readonly kind: 'handle'; readonly which: number; readonly crash: Crash }
  | { readonly kind: 'give up' | 'provider decides' | 'expire' | 'cancel' | 'deadline'; readonly which: number }
  | { readonly kind: 'relay'; readonly crash: boolean }

const crash = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Crash>('nowhere') },
  { weight: 1, arbitrary: fc.constantFrom<Crash>('before its effect', 'before publishing', 'before its offset') },
)
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ kind: fc.constant('handle' as const), which: fc.nat(1_000), crash }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('relay' as const), crash: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('provider decides' as const), which: fc.nat(1_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constantFrom('give up' as const, 'expire' as const, 'cancel' as const, 'deadline' as const),
      which: fc.nat(1_000),
    }),
  },
)
const quantity = fc.integer({ min: 1, max: 3 })
const shop = fc.record({
  orders: fc.array(fc.record({ A: quantity, B: quantity }), { minLength: 1, maxLength: 3 }),
  stock: fc.record({ A: fc.integer({ min: 2, max: 9 }), B: fc.integer({ min: 2, max: 9 }) }),
  declined: fc.array(fc.nat(9), { maxLength: 2 }),
  // Long runs most of the time: what can go wrong late needs an order that has come far.
  steps: fc.array(step, { maxLength: 120, size: 'max' }),
})

function take(world: World, step: Step): void {
  const pending = world.pending()
  const order = (which: number) => world.orders[which % world.orders.length]?.orderId ?? ''
  switch (step.kind) {
    case 'handle':
    case 'give up': {
      const one = pending[step.which % Math.max(1, pending.length)]
      if (one && step.kind === 'handle') world.handle(one, step.crash)
      else if (one) world.giveUp(one)
      return
    }
    case 'relay':
      return void world.relay(step.crash)
    case 'provider decides':
      return world.provider.underWay > 0 ? world.provider.decide(step.which % world.provider.underWay) : undefined
    case 'expire':
      return world.expire(order(step.which))
    case 'cancel':
      return world.cancel(order(step.which), 'CUSTOMER')
    case 'deadline':
      return world.cancel(order(step.which), 'DEADLINE')
  }
}

/** Nothing fails any more, until nothing moves. */
function calm(world: World): void {
  for (let moves = 0; moves < 10_000; moves++) {
    if (world.relay(false)) continue
    if (world.provider.underWay > 0) world.provider.decide(0)
    const pending = world.pending()
    if (pending.length === 0) return
    for (const one of pending) world.handle(one, 'nowhere')
  }
  throw new Error('messages go round for ever')
}

function played({
  orders: wanted,
  stock,
  declined,
  steps,
}: typeof shop extends fc.Arbitrary<infer T> ? T : never): World {
  const orders = wanted.map((quantities, n): Order => ({
    orderId: idOf(n),
    items: skus.map((sku) => ({ sku, quantity: quantities[sku] })),
  }))
  const declines = new Set(declined.map(idOf))
  const world = new World(orders, new Map(Object.entries(stock)), (orderId) => declines.has(orderId))
  for (const each of steps) take(world, each)
  calm(world)
  // What was given up on waits for somebody, but not for ever.
  for (const { orderId } of orders) world.cancel(orderId, 'DEADLINE')
  calm(world)
  return world
}

function expectBalance(world: World, stock: Readonly<Record<string, number>>): void {
  const isShipped = (orderId: string) => world.statuses.get(orderId) === 'SHIPPED'
  for (const { orderId, items } of world.orders) {
    const history = world.history.get(orderId) ?? []
    expect(history.filter((status) => status === 'SHIPPED' || status === 'CANCELLED')).toHaveLength(1)
    expect(new Set(history).size).toBe(history.length)
    const total = items.reduce((sum, { quantity }) => sum + quantity * price, 0)
    expect(world.provider.kept(orderId)).toBe(isShipped(orderId) ? total : 0)
    expect(world.payments.get(orderId)?.status === 'CAPTURED').toBe(isShipped(orderId))
    expect(world.reservations.get(orderId) === 'RESERVED').toBe(isShipped(orderId))
    const shipment = world.shipments.get(orderId)
    expect(shipment === 'DISPATCHED').toBe(isShipped(orderId))
    expect(shipment).not.toBe('PREPARED')
  }
  for (const sku of skus) {
    const sold = world.orders
      .filter(({ orderId }) => isShipped(orderId))
      .reduce((sum, { items }) => sum + (items.find((item) => item.sku === sku)?.quantity ?? 0), 0)
    expect((world.stock.get(sku) ?? 0) + sold).toBe(stock[sku])
  }
}

test('every order ends once, and stock, money and shipments are conserved, in whatever order things happen', () => {
  fc.assert(
    fc.property(shop, (given) => expectBalance(played(given), given.stock)),
    { numRuns: 1_500 },
  )
})

test('left alone, every order that has its stock and its money is shipped', () => {
  const orders = {
    orders: [
      { A: 1, B: 1 },
      { A: 1, B: 1 },
      { A: 1, B: 1 },
      { A: 3, B: 3 },
    ],
    stock: { A: 4, B: 4 },
  }
  const world = played({ ...orders, declined: [1], steps: [] })
  expect([...world.statuses.values()]).toEqual(['SHIPPED', 'CANCELLED', 'SHIPPED', 'CANCELLED'])
  expectBalance(world, orders.stock)
})
