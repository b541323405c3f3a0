import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Stage } from '../../api/index.ts'
import { capacityOf, needsFor } from './capacity.ts'
import type { Measured } from './capacity.ts'
import { pipeline, stage } from '../testing.ts'

function scaling(maxReplicas: number) {
  return { minReplicas: 1, maxReplicas, lagPerReplica: 10 }
}
const two = pipeline({
  topics: [{ name: 'placed' }, { name: 'paid' }],
  stages: [
    stage({
      name: 'orders',
      consumes: [{ topic: 'placed' }, { topic: 'paid' }],
      concurrency: 10,
      workSeconds: 0.02,
      scaling: scaling(4),
    }),
    stage({
      name: 'payment',
      consumes: [{ topic: 'placed' }],
      concurrency: 10,
      workSeconds: 0.5,
      scaling: scaling(30),
    }),
  ],
}).spec

describe('the capacity of a pipeline', () => {
  it('is that of its weakest stage, with one message for each topic it consumes', () => {
    const { stages, sustainable, bottleneck } = capacityOf(two)
    expect(stages.map(({ ordersPerSecondPerReplica }) => ordersPerSecondPerReplica)).toEqual([250, 20])
    expect(stages.map((each) => each.sustainable)).toEqual([1000, 600])
    expect({ sustainable, bottleneck }).toEqual({ sustainable: 600, bottleneck: 'payment' })
  })

  it('is limited by partitions, independent of maxReplicas', () => {
    const { stages, sustainable } = capacityOf(two, { partitionsOf: (topic) => (topic === 'placed' ? 11 : undefined) })
    expect(stages[1]).toMatchObject({ maxReplicas: 30, reachableReplicas: 10, partitions: 11, sustainable: 200 })
    expect(sustainable).toBe(200)
  })

  it('is limited by the partitions of all topics of a stage, which its group assigns together', () => {
    const few = (partitions: number) => ({ partitionsOf: (topic: string) => (topic === 'placed' ? partitions : 1) })
    const consumes = [{ topic: 'placed' }, { topic: 'paid' }]
    const { spec } = pipeline({ stages: [stage({ consumes, workSeconds: 1, scaling: scaling(30) })] })
    expect(capacityOf(spec, few(32)).stages[0]).toMatchObject({ partitions: 33, reachableReplicas: 30 })
    expect(capacityOf(spec, few(10)).stages[0]).toMatchObject({ partitions: 11, reachableReplicas: 10 })
  })

  it('counts the messages of an order on the built-in stages: a status of every step, and few cancellations', () => {
    const emits = ['orders.fulfilment', 'orders.cancelled', 'orders.status'].map((topic) => ({ topic }))
    const consumes = [...emits, { topic: 'orders.placed' }]
    const last = stage({ name: 'last', consumes, workSeconds: 1, concurrency: 1, scaling: scaling(1) })
    const perOrder = (orders: Partial<Stage>, messagesOn?: Measured['messagesOn']) => {
      const own = stage({ name: 'orders', consumes: [{ topic: 'orders.placed' }], emits, ...orders })
      const { spec } = pipeline({ topics: consumes.map(({ topic }) => ({ name: topic })), stages: [own, last] })
      return capacityOf(spec, messagesOn ? { messagesOn } : {}).stages[1]?.messagesPerOrder
    }
    expect(perOrder({})).toBeCloseTo(2 + 0.05 + 3 + 1)
    expect(perOrder({ image: 'our/own:1' })).toBe(4)
    expect(perOrder({}, (topic) => (topic === 'orders.cancelled' ? 0.5 : undefined))).toBeCloseTo(6.5)
  })

  it('is unknown for a stage without workSeconds', () => {
    const { stages, sustainable, bottleneck } = capacityOf(pipeline().spec)
    expect(stages[0]?.sustainable).toBeUndefined()
    expect({ sustainable, bottleneck }).toEqual({ sustainable: undefined, bottleneck: undefined })
  })
})

describe('the requirements of a rate', () => {
  it('are the replicas of each stage and partitions for them, at least the minimum', () => {
    const needs = needsFor(two, capacityOf(two), 500)
    expect(needs.map(({ neededReplicas, neededPartitions }) => [neededReplicas, neededPartitions])).toEqual([
      [2, 3],
      [25, 28],
    ])
    expect(needs.map(({ load }) => load)).toEqual([0.5, 500 / 600])
    expect(needsFor(two, capacityOf(two), 0.1).map(({ neededReplicas }) => neededReplicas)).toEqual([1, 1])
  })

  it('fit into the maximum exactly up to the sustainable rate', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 1000 }),
        fc.double({ min: 0.001, max: 60, noNaN: true }),
        fc.double({ min: 0.01, max: 2, noNaN: true }),
        (maxReplicas, concurrency, workSeconds, part) => {
          fc.pre(Math.abs(part - 1) > 1e-6) // on the edge, rounding decides
          const { spec } = pipeline({ stages: [stage({ concurrency, workSeconds, scaling: scaling(maxReplicas) })] })
          const capacity = capacityOf(spec)
          const [need] = needsFor(spec, capacity, (capacity.sustainable ?? 0) * part)
          expect((need?.neededReplicas ?? 0) <= maxReplicas).toBe(part < 1)
        },
      ),
    )
  })
})
