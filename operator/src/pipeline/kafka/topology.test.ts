import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { OrderPipelineSpec, Stage } from '../../api/index.ts'
import { messagesPerOrderOn } from './choreography.ts'
import { topologyOf } from './topology.ts'
import type { Ratio } from './topology.ts'

function stage(name: string, consumes: string, emits = ''): Stage {
  return {
    name,
    consumes: topics(consumes),
    emits: topics(emits),
    scaling: { minReplicas: 1, maxReplicas: 2 },
  }
}
function topics(names: string) {
  return names
    .split(' ')
    .filter(Boolean)
    .map((topic) => ({ topic }))
}
function pipeline(...stages: Stage[]): OrderPipelineSpec {
  return {
    kafka: { strimziCluster: 'k' },
    topics: [
      ...new Set(stages.flatMap(({ consumes, emits = [] }) => [...consumes, ...emits].map(({ topic }) => topic))),
    ].map((name) => ({ name })),
    stages,
  }
}
function counts(spec: OrderPipelineSpec, ratios: Ratio[] = []) {
  return Object.fromEntries(topologyOf(spec, ratios).messagesPerOrder)
}

const shop = pipeline(
  stage('orders', 'placed reserved paid', 'validated cancelled status'),
  stage('inventory', 'validated cancelled', 'reserved'),
  stage('payment', 'reserved', 'paid'),
  stage('notification', 'status'),
)

describe('the messages that follow from an order', () => {
  it('are one on each topic from the first one on, although stages answer each other', () => {
    const { entrances, flows } = topologyOf(shop)
    expect(entrances).toEqual(['placed'])
    expect(flows.map(({ stage: name, from, to }) => `${from} →${name}→ ${to}`)).toEqual([
      'placed →orders→ validated',
      'placed →orders→ cancelled',
      'placed →orders→ status',
      'validated →inventory→ reserved',
      'reserved →payment→ paid',
    ])
    expect(new Set(topologyOf(shop).messagesPerOrder.values())).toEqual(new Set([1]))
  })

  it('follow the ratio, also on all later topics', () => {
    expect(
      counts(shop, [
        { to: 'validated', ratio: 0.5 },
        { to: 'status', ratio: 2 },
      ]),
    ).toMatchObject({
      placed: 1,
      validated: 0.5,
      reserved: 0.5,
      paid: 0.5,
      status: 2,
    })
  })

  it('can have a ratio per consumed topic, too', () => {
    expect(counts(shop, [{ from: 'paid', to: 'status', ratio: 1 }]).status).toBe(2)
    const only = [
      { from: 'paid', to: 'status', ratio: 1 },
      { to: 'status', ratio: 0 },
    ]
    expect(counts(shop, only).status).toBe(1)
  })

  it('converge in a loop that emits fewer messages than it consumes', () => {
    const retrying = pipeline(stage('work', 'in again', 'again out'))
    const again = [
      { from: 'again', to: 'again', ratio: 0.5 },
      { from: 'again', to: 'out', ratio: 0.5 },
    ]
    expect(counts(retrying, again).again).toBeCloseTo(2)
  })

  it('begin on the topics of the gateway, or on those that no stage emits', () => {
    const gateway = { scaling: { minReplicas: 1, maxReplicas: 2, cpuPercent: 70 }, emits: [{ topic: 'b' }] }
    const spec = pipeline(stage('one', 'a'), stage('two', 'b'))
    expect(topologyOf(spec).entrances).toEqual(['a', 'b'])
    expect(topologyOf({ ...spec, gateway }).entrances).toEqual(['b'])
    expect(counts({ ...spec, gateway })).toEqual({ a: 0, b: 1 })
  })
})

describe('the messages that follow from an order on the built-in stages', () => {
  const { spec } = parse(readFileSync(join(import.meta.dirname, '../../../../examples/shop.yaml'), 'utf8')) as {
    spec: OrderPipelineSpec
  }

  it('are those of the built-in definitions: a status of every step, one shipment, and few cancellations', () => {
    const { messagesPerOrder, flows } = topologyOf(spec)
    for (const { name } of spec.topics)
      expect([name, messagesPerOrder.get(name)]).toEqual([name, expect.closeTo(messagesPerOrderOn(spec, name), 3)])
    expect(messagesPerOrder.get('orders.cancelled')).toBeCloseTo(0.05)
    expect(flows.filter(({ to }) => to === 'payment.processed').map(({ from }) => from)).toEqual(['inventory.updated'])
  })

  it('are few where the shop refunds parts: the gateway places no orders by that topic', () => {
    const refunds = readFileSync(join(import.meta.dirname, '../../../../examples/shop-refunds.yaml'), 'utf8')
    const { spec: withRefunds } = parse(refunds) as { spec: OrderPipelineSpec }
    const { entrances, messagesPerOrder } = topologyOf(withRefunds)
    expect(entrances).toEqual(['orders.placed'])
    for (const { name } of spec.topics)
      expect(messagesPerOrder.get(name)).toBe(topologyOf(spec).messagesPerOrder.get(name))
    for (const name of ['orders.refunds', 'payment.adjusted']) {
      expect(messagesPerOrder.get(name)).toBeCloseTo(0.05)
      expect(messagesPerOrderOn(withRefunds, name)).toBeCloseTo(0.05)
    }
  })

  it('differ with a ratio of the user, or if a stage is not the built-in one', () => {
    expect(counts(spec, [{ to: 'orders.cancelled', ratio: 0.5 }])).toMatchObject({ 'orders.cancelled': 0.5 })
    expect(counts(spec, [{ to: 'orders.status', ratio: 0 }])).toMatchObject({ 'orders.status': 0 })
    const own = spec.stages.map((each) => (each.name === 'orders' ? { ...each, image: 'our/own:1' } : each))
    expect(counts({ ...spec, stages: own })).toMatchObject({ 'orders.cancelled': 1, 'orders.status': 1 })
  })
})

describe('an invalid ratio', () => {
  it.each([
    [[{ to: 'placed', ratio: 1 }], /--ratio placed: found "placed"; allowed: a topic that a stage emits \(validated, /],
    [
      [{ from: 'placed', to: 'paid', ratio: 1 }],
      /--ratio placed:paid: .*; allowed: behind it one of validated, cancelled, status$/,
    ],
    [[{ from: 'nowhere', to: 'paid', ratio: 1 }], /allowed: a consumed topic before the colon/],
    [
      [
        { from: 'paid', to: 'cancelled', ratio: 1 },
        { from: 'cancelled', to: 'reserved', ratio: 1 },
      ],
      /circulate for ever; allowed: loops that emit fewer messages/,
    ],
  ] as [Ratio[], RegExp][])('is reported: %j', (ratios, message) => {
    expect(() => topologyOf(shop, ratios)).toThrow(message)
  })

  it('is reported for a pipeline that orders cannot enter', () => {
    expect(() => topologyOf(pipeline(stage('round', 'a', 'a')))).toThrow(/every topic is emitted by a stage/)
  })
})
