import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import type { OrderPipelineSpec } from '../../api/index.ts'
import { expectedRates } from './flow-rates.ts'
import type { FlowStage } from './flow-rates.ts'
import { topologyOf } from '../kafka/topology.ts'

const { spec } = parse(readFileSync(join(import.meta.dirname, '../../../../examples/shop.yaml'), 'utf8')) as {
  spec: OrderPipelineSpec
}
const topology = topologyOf(spec)
function stages(changes: Readonly<Record<string, Partial<FlowStage>>> = {}): FlowStage[] {
  return spec.stages.map(({ name, consumes }) => ({
    name,
    topics: consumes.map(({ topic }) => topic),
    backlog: new Map(),
    drainSeconds: 15,
    capacityPerSecond: Number.POSITIVE_INFINITY,
    ...changes[name],
  }))
}
function rates(perSecond: number, changes: Parameters<typeof stages>[0] = {}) {
  return expectedRates(topology, () => perSecond, stages(changes))
}

describe('the expected rates of a pipeline that keeps up', () => {
  it('are the messages of an order on each topic, times the rate of orders', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.01, max: 10_000, noNaN: true }), (perSecond) => {
        const expected = rates(perSecond)
        for (const [topic, messages] of topology.messagesPerOrder)
          expect(Math.abs((expected.get(topic) ?? 0) - perSecond * messages)).toBeLessThan(0.01 + perSecond / 1_000)
      }),
    )
  })

  it('are zero if no order arrives', () => {
    expect(Math.max(...rates(0).values())).toBe(0)
  })
})

describe('a stage with a backlog', () => {
  it('passes its backlog to the later stages within its drain time', () => {
    const expected = rates(100, { orders: { backlog: new Map([['orders.placed', 1_500]]) } })
    expect(expected.get('orders.validated')).toBeCloseTo(200, 1)
    expect(expected.get('inventory.updated')).toBeCloseTo(200, 1)
  })

  it('passes no more than its replicas can handle', () => {
    const slow = { backlog: new Map([['orders.validated', 1_000_000]]), capacityPerSecond: 50 }
    expect(rates(100, { inventory: slow }).get('inventory.updated')).toBeLessThanOrEqual(50)
  })

  it('never lowers the expected rate of a later stage', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000 }), fc.constantFrom(...spec.stages), (waiting, stage) => {
        const topic = stage.consumes[0]?.topic ?? ''
        const without = rates(100)
        const withBacklog = rates(100, { [stage.name]: { backlog: new Map([[topic, waiting]]) } })
        for (const [name, rate] of without) expect(withBacklog.get(name) ?? 0).toBeGreaterThanOrEqual(rate - 0.1)
      }),
    )
  })
})
