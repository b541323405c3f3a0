import { describe, expect, it } from 'vitest'
import { changeBetween, changedState } from './change.ts'
import { groupDeadLetters, nextCommand } from './dead-letters.ts'
import type { DeadLetterSummary } from './dead-letters.ts'
import { History } from './history.ts'
import { isChanging, logCommand, moneyAfterPayment, traceAddress, waitsFor } from './orders.ts'
import type { OrderRefund, OrderView } from './orders.ts'
import type { ConsoleState, PartState, PipelineState } from './state.ts'
import { hadLag, trendOf } from './trend.ts'
import { bottleneckOf, toneOf } from './verdict.ts'

function part(changes: Partial<PartState> = {}): PartState {
  return {
    ...{ name: 'payment', kind: 'stage', policy: 'Lag', ready: 5, replicas: 5, wanted: 5, min: 5, max: 100 },
    ...{ lag: 0, standing: false, consumes: [], emits: [], reasons: [], waitSeconds: 0 },
    ...changes,
  }
}
function pipeline(parts: readonly PartState[], changes: Partial<PipelineState> = {}): PipelineState {
  return {
    ...{ namespace: 'default', name: 'shop', ready: 'True', suspended: false, behind: false, hasGateway: true },
    ...{ objectives: [], conditions: [], parts },
    ...changes,
  }
}
function state(at: number, pipelines: readonly PipelineState[], trouble?: string): ConsoleState {
  return {
    ...{
      at,
      cluster: 'c',
      namespace: 'default',
      pipelines,
      command: 'orderpipeline',
      writes: false,
      tries: false,
    },
    ...(trouble === undefined ? {} : { trouble }),
  }
}

describe('the trend of a lag', () => {
  const before = [{ at: 0, lag: 1_000 }]
  it('is known after 15 seconds, and never without a figure', () => {
    expect(trendOf(before, { at: 10_000, lag: 5_000 })).toBeUndefined()
    expect(trendOf(before, { at: 20_000, lag: null })).toBeUndefined()
    expect(trendOf([{ at: 0, lag: null }], { at: 20_000, lag: 5 })).toBeUndefined()
  })
  it('is growing or shrinking beyond 10 %, and steady within', () => {
    expect(trendOf(before, { at: 20_000, lag: 1_200 })).toBe('growing')
    expect(trendOf(before, { at: 20_000, lag: 800 })).toBe('shrinking')
    expect(trendOf(before, { at: 20_000, lag: 1_050 })).toBe('steady')
    expect(trendOf([{ at: 0, lag: 0 }], { at: 20_000, lag: 8 })).toBe('steady')
  })
  it('covers the last half a minute only: a backlog after its peak shrinks, although it was smaller before', () => {
    const samples = [
      { at: 0, lag: 0 },
      { at: 25_000, lag: 1_000 },
    ]
    expect(trendOf(samples, { at: 50_000, lag: 700 })).toBe('shrinking')
  })
})

describe('persistent lag', () => {
  const samples = [0, 5_000, 10_000, 15_000].map((at) => ({ at, lag: 3 }))
  it('is in every sample of at least 15 seconds', () => {
    expect(hadLag(samples, { at: 20_000, lag: 3 })).toBe(true)
    expect(hadLag(samples.slice(2), { at: 20_000, lag: 3 })).toBe(false)
    expect(hadLag([{ at: 0, lag: 0 }, ...samples.slice(1)], { at: 20_000, lag: 3 })).toBe(false)
    expect(hadLag([], { at: 20_000, lag: 3 })).toBe(false)
  })
})

describe('the history', () => {
  const limits = { sampleMs: 5_000, samples: 3, scalings: 2, parts: 1 }
  it('keeps the newest samples at its interval, and each change of the desired replicas with its reasons', () => {
    const history = new History(limits)
    for (const [index, replicas] of [5, 7, 7, 9, 4].entries()) {
      const reasons = [{ code: 'Lag', text: `at ${index}` }]
      history.record(state(index * 5_000, [pipeline([part({ wanted: replicas, reasons })])]))
    }
    history.record(state(21_000, [pipeline([part({ wanted: 4 })])]))
    const { samples = [], scalings = [] } = history.of('default/shop')['payment'] ?? {}
    expect(samples.map(({ at }) => at)).toEqual([10_000, 15_000, 20_000])
    expect(scalings.map(({ from, to, reasons }) => [from, to, reasons[0]?.text])).toEqual([
      [7, 9, 'at 3'],
      [9, 4, 'at 4'],
    ])
  })
  it('returns the additions of an observation, so that viewers need not ask again', () => {
    const history = new History(limits)
    history.record(state(0, [pipeline([part()])]))
    const early = history.record(state(1_000, [pipeline([part({ wanted: 9 })])]))
    expect(early.samples).toEqual({})
    expect(early.scalings).toMatchObject([{ pipeline: 'default/shop', part: 'payment', from: 5, to: 9 }])
  })
  it('has no more stages than allowed, and forgets a deleted pipeline', () => {
    const history = new History(limits)
    history.record(state(0, [pipeline([part(), part({ name: 'orders' })])]))
    expect(Object.keys(history.of('default/shop'))).toEqual(['payment'])
    history.record(state(5_000, []))
    expect(history.of('default/shop')).toEqual({})
  })
})

describe('changes between observations', () => {
  const nothing = { samples: {}, scalings: [] }
  it('contain the changed and the deleted pipelines, and update another state', () => {
    const texts = new Map<string, string>()
    const [one, two] = [pipeline([part()]), pipeline([part()], { name: 'second' })]
    const first = state(0, [one, two])
    expect(changeBetween(texts, first, nothing, undefined)?.pipelines).toHaveLength(2)
    expect(changeBetween(texts, state(1, [one, two]), nothing, undefined)).toBeUndefined()
    const after = state(2, [pipeline([part({ lag: 7 })])])
    const change = changeBetween(texts, after, nothing, undefined)
    expect(change).toMatchObject({ pipelines: [{ name: 'shop' }], gone: ['default/second'] })
    expect(changedState(first, change!)).toEqual(after)
  })
  it('report that figures are old, and that they are current again', () => {
    const texts = new Map<string, string>()
    const old = state(0, [], 'no answer')
    const trouble = changeBetween(texts, old, nothing, undefined)!
    expect(changedState(state(0, []), trouble).trouble).toBe('no answer')
    const well = changeBetween(texts, state(1, []), nothing, 'no answer')!
    expect(changedState(old, well).trouble).toBeUndefined()
  })
})

describe('the bottleneck', () => {
  const orders = part({ name: 'orders', lag: 100_000, waitSeconds: 20 })
  it('is the stage where messages wait longest, not the one with the most of them', () => {
    expect(bottleneckOf(pipeline([orders, part({ lag: 900, waitSeconds: 300 })]))).toEqual({
      part: 'payment',
      by: 'backlog',
    })
  })
  it('is first of all a stage without progress', () => {
    expect(
      bottleneckOf(pipeline([orders, part({ lag: 1, standing: true, waitSeconds: undefined as never })]))?.part,
    ).toBe('payment')
  })
  it('is the stage with the least capacity while there is no lag, and none while that is unknown or the pipeline is suspended', () => {
    const capacity = { ordersPerSecond: 800, part: 'payment' }
    expect(bottleneckOf(pipeline([part()], { capacity }))).toEqual({ part: 'payment', by: 'capacity' })
    expect(bottleneckOf(pipeline([part()]))).toBeUndefined()
    expect(bottleneckOf(pipeline([orders], { suspended: true }))).toBeUndefined()
    expect(bottleneckOf(pipeline([]))).toBeUndefined()
  })
})

describe('the tone of a stage', () => {
  it('depends on zero replicas, missing figures, missing replicas and trouble', () => {
    expect(toneOf(part({ ready: 0, wanted: 0 }))).toBe('idle')
    const { lag: _lag, ...unknown } = part()
    expect(toneOf(unknown)).toBe('unknown')
    expect(toneOf(part({ wanted: 9 }))).toBe('busy')
    expect(toneOf(part({ reasons: [{ code: 'PodsFailing', text: '', trouble: true }] }))).toBe('bad')
    expect(toneOf(part())).toBe('good')
  })
})

describe('dead letters', () => {
  const deadLetter = (changes: Partial<DeadLetterSummary>): DeadLetterSummary => ({
    ...{
      id: 'payment/0/1',
      stage: 'payment',
      reason: 'ProviderFault',
      message: 'm',
      at: '2026-01-01T00:00:00Z',
      state: 'open',
    },
    ...changes,
  })
  it('are counted by stage and cause, the largest group first, without finished ones', () => {
    const groups = groupDeadLetters([
      deadLetter({ stage: 'orders', reason: 'Undecodable' }),
      deadLetter({ at: '2026-01-02T00:00:00Z', message: 'newest', order: 'o2' }),
      deadLetter({ state: 'parked', order: 'o1' }),
      deadLetter({ state: 'replayed' }),
      deadLetter({ state: 'discarded' }),
    ])
    expect(groups).toMatchObject([
      {
        stage: 'payment',
        waiting: 2,
        parked: 1,
        message: 'newest',
        orders: ['o2', 'o1'],
        oldest: '2026-01-01T00:00:00Z',
      },
      { stage: 'orders', waiting: 1, parked: 0, orders: [] },
    ])
  })
  it('have a command that a shell accepts unchanged', () => {
    const shop = { namespace: 'shops', name: 'shop' }
    const fault = { stage: 'payment', reason: 'ProviderFault' }
    expect(nextCommand('orderpipeline', shop, fault)).toBe(
      'orderpipeline dlq replay shop payment --reason ProviderFault -n shops',
    )
    expect(nextCommand('o', shop, { ...fault, reason: "it's; rm" })).toContain(`--reason 'it'\\''s; rm'`)
  })
  it('have a command that lists those whose retry cannot succeed', () => {
    const never = { stage: 'orders', reason: 'Undecodable', verdict: 'never' }
    expect(nextCommand('o', { namespace: 'n', name: 's' }, never)).toBe('o dlq list s orders --reason Undecodable -n n')
  })
})

describe('the logs of an order', () => {
  const shop = { namespace: 'shops', name: 'shop' }
  const placedAt = '2026-11-28T12:00:00.000Z'
  it('are found by the id of its request, from the time at which it was placed', () => {
    expect(logCommand(shop, { requestId: 'checkout-4711', placedAt })).toBe(
      'kubectl logs -n shops -l orderpipeline.dev/pipeline=shop --prefix --tail=-1 --since-time=2026-11-28T12:00:00.000Z | grep -F -- checkout-4711',
    )
  })
  it('have no command where the id is unknown, or would be more than a word in a shell', () => {
    expect(logCommand(shop, { placedAt })).toBeUndefined()
    expect(logCommand(shop, { requestId: '$(rm -r .)', placedAt })).toBeUndefined()
  })
})

describe('the trace of an order', () => {
  const template = 'https://jaeger.example.com/trace/{traceId}?of={traceId}'
  it('has an address where the console has a template, and the order an id', () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    expect(traceAddress(template, { traceId })).toBe(`https://jaeger.example.com/trace/${traceId}?of=${traceId}`)
    expect(traceAddress(undefined, { traceId })).toBeUndefined()
    expect(traceAddress(template, {})).toBeUndefined()
    expect(traceAddress(template, { traceId: '../../x' })).toBeUndefined()
  })
})

describe('the stage at which an order waits', () => {
  const order = (status: string, ...events: string[]): OrderView => ({
    ...{ orderId: 'o', customerId: 'c', status, currency: 'EUR', items: [], placedAt: '', updatedAt: '' },
    timeline: events.map((event) => ({ event, at: '' })),
  })
  const stages = ['orders', 'inventory', 'payment', 'shipping']
  it('follows from its last event', () => {
    expect(waitsFor(order('PLACED', 'OrderPlaced'), stages)).toBe('orders')
    expect(waitsFor(order('PROCESSING', 'OrderPlaced', 'OrderValidated', 'StockReserved'), stages)).toBe('payment')
    expect(waitsFor(order('CONFIRMED', 'PaymentCaptured', 'OrderConfirmed'), stages)).toBe('shipping')
  })
  it('is undefined after its end, or without such a stage', () => {
    expect(waitsFor(order('SHIPPED', 'OrderConfirmed'), stages)).toBeUndefined()
    expect(waitsFor(order('HELD', 'StockReserved', 'OrderHeld'), stages)).toBeUndefined()
    expect(waitsFor(order('PLACED', 'OrderPlaced'), ['mine'])).toBeUndefined()
  })
})

describe('the money of an order after its payment', () => {
  const refund = (status: string, amountCents: number): OrderRefund => ({
    ...{ refundId: `${status} ${amountCents}`, amountCents, status, reason: 'late' },
  })
  const dispute = { disputeId: 'du-1', amountCents: 700, currency: 'EUR', reason: 'fraudulent' }
  it('is what was refunded, what is to be, and what the bank has', () => {
    expect(moneyAfterPayment({})).toEqual({ refundedCents: 0, requestedCents: 0, disputedCents: 0 })
    const refunds = [refund('REFUNDED', 100), refund('REFUNDED', 200), refund('REQUESTED', 30), refund('REFUSED', 4)]
    const disputes = ['OPEN', 'WON', 'LOST'].map((status) => ({ ...dispute, status }))
    expect(moneyAfterPayment({ refunds, disputes })).toEqual({
      ...{ refundedCents: 300, requestedCents: 30, disputedCents: 1_400 },
    })
  })
  it('is looked at again until every refund is made or refused', () => {
    expect(isChanging({ status: 'CONFIRMED' })).toBe(true)
    expect(isChanging({ status: 'SHIPPED' })).toBe(false)
    expect(isChanging({ status: 'SHIPPED', refunds: [refund('REFUNDED', 1), refund('REQUESTED', 1)] })).toBe(true)
    expect(isChanging({ status: 'SHIPPED', refunds: [refund('REFUNDED', 1), refund('REFUSED', 1)] })).toBe(false)
  })
})
