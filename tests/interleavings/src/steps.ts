// What may happen next, at random, and what must hold in the end? For a world of decisions alone,
// and for one of real components.
import fc from 'fast-check'
import { expect } from 'vitest'
import type { OrderItem } from '@orderpipeline/order-events'
import type { Money } from '@orderpipeline/orders'
import type { CarriedStatus } from '@orderpipeline/shipping'
import type { Screening } from './screening.ts'

/** The line at which the replica dies that has a message in flight. */
export type Crash = 'nowhere' | 'before its effect' | 'before publishing' | 'before its offset'

export interface Order {
  readonly orderId: string
  readonly items: readonly OrderItem[]
}

/** A message that waits: for which stage, in which log. */
export interface PendingMessage {
  readonly stage: string
  readonly log: string
}

export interface ShopUnderTest {
  readonly orders: readonly Order[]
  pending(): readonly PendingMessage[]
  /** The message is handled, perhaps by a replica that dies. */
  handle(waiting: PendingMessage, crash: Crash): void | Promise<void>
  /** The message goes to the dead letters and is never replayed. */
  giveUp(waiting: PendingMessage): void
  /** The relay publishes its first event, and perhaps forgets that it did. False: it has none. */
  relay(forgets: boolean): boolean | Promise<boolean>
  /** One of the charges under way is decided. False: there is none. */
  providerDecides(which: number): boolean
  /** Inventory asks about a reservation that is old. */
  expire(orderId: string): void | Promise<void>
  /** Shipping checks its parcels; the carrier reports this for all of them. */
  carrierSays(status: CarriedStatus): void | Promise<void>
  cancel(orderId: string, reason: 'CUSTOMER' | 'DEADLINE'): void | Promise<void>
  /** By a person of the staff, whether or not the order is held. */
  decideHold(orderId: string, decision: HoldDecision): void | Promise<void>
  /** The time of every hold is over: it is decided as the scenario has it. */
  holdsAreDue(): void | Promise<void>
  /** Staff has a part refunded; the same number is the same request. */
  refundPart(orderId: string, which: number): void | Promise<void>
  /** The customer's bank takes back this share of what the shop has of the order. */
  dispute(orderId: string, share: number): void | Promise<void>
  bankDecides(orderId: string, outcome: 'WON' | 'LOST'): void | Promise<void>
  /**
   * Payment's periodic tasks run once, perhaps in a replica that dies before it stores what it has
   * published. False: there was nothing to do.
   */
  moneyTasks(crash: boolean): boolean | Promise<boolean>
}

export type HoldDecision = 'RELEASE' | 'REJECT'

export type RandomStep =
  | { readonly kind: 'handle'; readonly which: number; readonly crash: Crash }
  | { readonly kind: 'give up' | 'provider decides' | 'expire' | 'cancel' | 'deadline'; readonly which: number }
  | { readonly kind: 'relay'; readonly crash: boolean }
  | { readonly kind: 'carrier'; readonly says: CarriedStatus }
  | { readonly kind: 'decide hold'; readonly which: number; readonly decision: HoldDecision }
  | { readonly kind: 'holds are due' }
  | { readonly kind: 'refund part' | 'dispute'; readonly which: number }
  | { readonly kind: 'bank decides'; readonly which: number; readonly outcome: 'WON' | 'LOST' }
  | { readonly kind: 'money tasks'; readonly crash: boolean }

const crash = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Crash>('nowhere') },
  { weight: 1, arbitrary: fc.constantFrom<Crash>('before its effect', 'before publishing', 'before its offset') },
)
const step: fc.Arbitrary<RandomStep> = fc.oneof(
  { weight: 40, arbitrary: fc.record({ kind: fc.constant('handle' as const), which: fc.nat(1_000), crash }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('relay' as const), crash: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('provider decides' as const), which: fc.nat(1_000) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('carrier' as const),
      says: fc.constantFrom<CarriedStatus>('UNDERWAY', 'DELIVERY_FAILED', 'DELIVERED', 'RETURNED'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('decide hold' as const),
      which: fc.nat(1_000),
      decision: fc.constantFrom<HoldDecision>('RELEASE', 'RELEASE', 'REJECT'),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('holds are due' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), which: fc.nat(1_000) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refund part' as const), which: fc.nat(1_000) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('money tasks' as const), crash: fc.boolean() }) },
  {
    weight: 1,
    arbitrary: fc.oneof(
      fc.record({ kind: fc.constant('dispute' as const), which: fc.nat(1_000) }),
      fc.record({
        kind: fc.constant('bank decides' as const),
        which: fc.nat(1_000),
        outcome: fc.constantFrom('WON' as const, 'LOST' as const),
      }),
    ),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constantFrom('give up' as const, 'expire' as const, 'deadline' as const),
      which: fc.nat(1_000),
    }),
  },
)
const quantity = fc.integer({ min: 1, max: 3 })
const pieces = fc.integer({ min: 2, max: 9 })

export interface Scenario {
  readonly orders: readonly { readonly A: number; readonly B: number }[]
  readonly stock: { readonly A: number; readonly B: number }
  /** Orders, by number, whose charge is declined. */
  readonly declined: readonly number[]
  readonly screening: Screening
  /** Orders, by number, that a stage asks to hold. */
  readonly suspected: readonly number[]
  /** How time decides about a held order. */
  readonly atDue: 'CANCEL' | 'RELEASE'
  readonly steps: readonly RandomStep[]
}

export const scenario: fc.Arbitrary<Scenario> = fc.record({
  orders: fc.array(fc.record({ A: quantity, B: quantity }), { minLength: 1, maxLength: 3 }),
  stock: fc.record({ A: pieces, B: pieces }),
  declined: fc.array(fc.nat(9), { maxLength: 2 }),
  screening: fc.constantFrom<Screening>('off', 'on', 'rolling'),
  suspected: fc.array(fc.nat(2), { maxLength: 3 }),
  atDue: fc.constantFrom('CANCEL', 'RELEASE'),
  // Long runs most of the time: a late failure needs an order that has come far.
  steps: fc.array(step, { maxLength: 120, size: 'max' }),
})

/** All steps, then only settling steps until nothing changes any more. */
export async function runSteps(world: ShopUnderTest, steps: readonly RandomStep[]): Promise<void> {
  for (const each of steps) await take(world, each)
  await settle(world)
  await world.holdsAreDue()
  await settle(world)
  // A dead letter waits for a replay, but not for ever.
  for (const { orderId } of world.orders) await world.cancel(orderId, 'DEADLINE')
  await settle(world)
  await world.carrierSays('DELIVERED')
  await settle(world)
  for (const { orderId } of world.orders) await world.bankDecides(orderId, 'WON')
  await settle(world)
}

async function take(world: ShopUnderTest, step: RandomStep): Promise<void> {
  const order = (which: number) => world.orders[which % world.orders.length]?.orderId ?? ''
  switch (step.kind) {
    case 'handle':
    case 'give up': {
      const pending = world.pending()
      const one = pending[step.which % Math.max(1, pending.length)]
      if (one && step.kind === 'handle') await world.handle(one, step.crash)
      else if (one) world.giveUp(one)
      return
    }
    case 'relay':
      return void (await world.relay(step.crash))
    case 'carrier':
      return world.carrierSays(step.says)
    case 'decide hold':
      return world.decideHold(order(step.which), step.decision)
    case 'holds are due':
      return world.holdsAreDue()
    case 'provider decides':
      return void world.providerDecides(step.which)
    case 'expire':
      return world.expire(order(step.which))
    case 'cancel':
      await world.cancel(order(step.which), 'CUSTOMER')
      // Half of the time its event is published at once, and so before earlier events of the order
      // have been read.
      for (let more = step.which % 2 === 0; more;) more = await world.relay(false)
      return
    case 'deadline':
      return world.cancel(order(step.which), 'DEADLINE')
    case 'refund part':
      return world.refundPart(order(step.which), step.which)
    case 'dispute':
      // Mostly all of it.
      return world.dispute(order(step.which), step.which % 3 === 0 ? 0.4 : 1)
    case 'bank decides':
      return world.bankDecides(order(step.which), step.outcome)
    case 'money tasks':
      return void (await world.moneyTasks(step.crash))
  }
}

async function settle(world: ShopUnderTest): Promise<void> {
  for (let rounds = 0; rounds < 1_000; rounds++) {
    if (await world.relay(false)) continue
    world.providerDecides(0)
    const pending = world.pending()
    const hadTasks = await world.moneyTasks(false)
    if (pending.length === 0 && !hadTasks) return
    for (const one of pending) await world.handle(one, 'nowhere')
  }
  throw new Error('messages circulate without end')
}

/** The final state of an order in the tables of every service. */
export interface FinalState {
  readonly order: Order
  /** Every status it has had. */
  readonly history: readonly string[]
  /** Cents, net of refunds and of what the bank has, by the provider's ledger. */
  readonly kept: number
  /** Whether the provider has ever captured money for it. */
  readonly charged: boolean
  /** How its hold ended; `open`: it has not. Undefined of an order that was never held. */
  readonly hold: 'open' | 'RELEASED' | 'CANCELLED' | undefined
  readonly payment: string | undefined
  readonly reservation: string | undefined
  readonly shipment: string | undefined
  /** Whether a carrier was asked for a label, and has not cancelled it. */
  readonly label: boolean
  /** By the tables of shipping, and by those of the orders service. */
  readonly parcel: { readonly shipping: string | undefined; readonly orders: string | undefined }
  readonly adjustments: Adjustments
}

/** What happened to the money of an order after its payment. */
export interface Adjustments {
  /** Cents that refunds of parts gave back, by the provider's ledger. */
  readonly parts: number
  /** Cents that the bank has taken for good. */
  readonly lost: number
  /** Whether there ever was a dispute. */
  readonly disputed: boolean
  /** As the orders service shows it. */
  readonly shown: Money
  /** Whether payment still owes something. */
  readonly due: boolean
}

/**
 * An order is held once, and its hold ends once. Without a release it is never charged, where the
 * payment reads only what has been screened.
 */
function expectHoldsDecided({ history, hold, charged }: FinalState, screening: Screening): void {
  const isHeld = history.includes('HELD')
  expect(hold === undefined).toBe(!isHeld)
  expect(hold).not.toBe('open')
  if (screening === 'off') expect(isHeld).toBe(false)
  if (screening === 'on' && hold === 'CANCELLED') expect(charged).toBe(false)
  if (hold === 'CANCELLED') expect(history).toContain('CANCELLED')
}

export interface Expected {
  readonly screening?: Screening
  /** Whether a parcel that comes back is refunded. */
  readonly refundsReturns?: boolean
}

export function expectBalance(
  books: readonly FinalState[],
  price: number,
  stock: {
    readonly before: ReadonlyMap<string, number>
    readonly after: ReadonlyMap<string, number>
  },
  { screening = 'off', refundsReturns = true }: Expected = {},
): void {
  const sold = new Map<string, number>()
  for (const state of books) {
    const { order, history, kept: netCharge, payment, reservation, shipment, label, parcel, adjustments } = state
    expectHoldsDecided(state, screening)
    expect(history.filter((status) => status === 'SHIPPED' || status === 'CANCELLED')).toHaveLength(1)
    // It is PROCESSING once more after its release.
    const again = state.hold === 'RELEASED' && history.filter((status) => status === 'PROCESSING').length === 2
    expect(new Set(history).size).toBe(history.length - Number(again))
    const shipped = history.includes('SHIPPED')
    const total = order.items.reduce((sum, { quantity: count }) => sum + count * price, 0)
    const { parts, lost, disputed } = adjustments
    // What was shipped is paid but for what went back; what was not has cost its customer nothing.
    expect(netCharge).toBe(shipped ? total - parts - lost : 0)
    expect(netCharge).toBeGreaterThanOrEqual(0)
    if (shipped) expect(payment).toBe('CAPTURED')
    else if (!disputed) expect(payment).not.toBe('CAPTURED')
    expectAdjustments(adjustments)
    // All of a parcel that comes back is refunded, unless the bank is to decide about the money.
    if (refundsReturns && parcel.orders === 'RETURNED' && !disputed) expect(netCharge).toBe(0)
    expect(reservation === 'RESERVED').toBe(shipped)
    expect(shipment === 'DISPATCHED').toBe(shipped)
    expect(shipment).not.toBe('PREPARED')
    // No unused label remains, and each parcel's end is published.
    expect(label).toBe(shipped)
    if (shipped) expect(['DELIVERED', 'RETURNED']).toContain(parcel.shipping)
    expect(parcel.orders).toBe(shipped ? parcel.shipping : undefined)
    if (shipped) for (const { sku, quantity: count } of order.items) sold.set(sku, (sold.get(sku) ?? 0) + count)
    for (const { sku, quantity: count } of adjustments.shown.refunds.flatMap(({ restocked }) => restocked ?? []))
      sold.set(sku, (sold.get(sku) ?? 0) - count)
  }
  for (const [sku, before] of stock.before) expect((stock.after.get(sku) ?? 0) + (sold.get(sku) ?? 0)).toBe(before)
}

/**
 * What the orders service shows is what happened at the provider, and nothing is still to be done.
 */
function expectAdjustments({ parts, lost, shown, due }: Adjustments): void {
  const ofStatus = (status: string) => shown.refunds.filter((refund) => refund.status === status)
  expect(ofStatus('REQUESTED')).toEqual([])
  expect(ofStatus('REFUNDED').reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(parts)
  expect(new Set(shown.refunds.map(({ refundId }) => refundId)).size).toBe(shown.refunds.length)
  const lostDisputes = shown.disputes.filter(({ status }) => status === 'LOST')
  expect(lostDisputes.reduce((sum, { amountCents }) => sum + amountCents, 0)).toBe(lost)
  expect(shown.disputes.filter(({ status }) => status === 'OPEN')).toEqual([])
  expect(due).toBe(false)
}
