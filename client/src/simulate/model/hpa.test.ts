import { describe, expect, it } from 'vitest'
import { blank, decision, proposal } from './hpa.ts'
import type { HpaMemory, HpaSpec, ScalingRules } from './hpa.ts'

/**
 * The defaults of an HPA: up by all replicas or by four, whichever is more; down after five
 * minutes.
 */
const up: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Percent', value: 100, periodSeconds: 15 },
    { type: 'Pods', value: 4, periodSeconds: 15 },
  ],
}
const down: ScalingRules = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [
    { type: 'Percent', value: 50, periodSeconds: 30 },
    { type: 'Pods', value: 10, periodSeconds: 30 },
  ],
}
function spec(changes: Partial<HpaSpec> = {}): HpaSpec {
  return {
    minReplicas: 5,
    maxReplicas: 100,
    scaleUp: up,
    scaleDown: down,
    tolerance: 0.1,
    ...changes,
  }
}

/** Replicas after each look, so many seconds apart, when one replica carries 1. */
function replicas(of: HpaSpec, start: number, totals: readonly number[], everySeconds: number): number[] {
  let memory: HpaMemory = blank
  let current = start
  return totals.map((total, index) => {
    const next = decision(of, memory, index * everySeconds * 1_000, current, [{ total, perReplica: 1 }])
    memory = next.memory
    return (current = next.desired)
  })
}

describe('an external metric with an average value', () => {
  it('asks for the total divided by the target, rounded up', () => {
    expect(proposal({ total: 601, perReplica: 60 }, 5, 0.1)).toBe(11)
  })

  it.each([
    [100, 91, 100],
    [100, 90.91, 91],
    [110, 100, 100],
    [90, 100, 100],
    [111, 100, 111],
    [89, 100, 89],
  ])(
    'does not change replicas within 10 % of the target: total %d, target %d, replicas %d',
    (total, current, after) => {
      const now = Math.ceil(current)
      expect(proposal({ total, perReplica: 1 }, now, 0.1)).toBe(total === 100 ? (now === 91 ? 91 : after) : after)
    },
  )

  it('follows the metric that asks for the most replicas', () => {
    const metrics = [
      { total: 6, perReplica: 1 },
      { total: 90, perReplica: 10 },
    ]
    expect(decision(spec(), blank, 0, 5, metrics).desired).toBe(9)
  })

  it('makes no decision while there is no replica', () => {
    expect(decision(spec(), blank, 0, 0, [{ total: 50, perReplica: 1 }]).desired).toBe(0)
  })

  it.each([
    [150, 100],
    [2, 5],
  ])('brings %d replicas within the bounds at once, to %d, independent of the policies', (current, after) => {
    expect(decision(spec(), blank, 0, current, [{ total: current, perReplica: 1 }]).desired).toBe(after)
  })
})

describe('scaling policies', () => {
  it('allow the largest change of all policies in a period, counted from its start', () => {
    expect(replicas(spec({ minReplicas: 1 }), 1, Array(6).fill(1000), 15)).toEqual([5, 10, 20, 40, 80, 100])
    expect(replicas(spec({ minReplicas: 1 }), 1, Array(7).fill(1000), 5)).toEqual([5, 5, 5, 10, 10, 10, 20])
  })

  it('allow the smallest change with selectPolicy Min, and no change with Disabled', () => {
    expect(
      replicas(spec({ minReplicas: 1, scaleUp: { ...up, selectPolicy: 'Min' } }), 10, Array(2).fill(1000), 15),
    ).toEqual([14, 18])
    expect(replicas(spec({ scaleUp: { ...up, selectPolicy: 'Disabled' } }), 10, [1000], 15)).toEqual([10])
  })

  it('remove half of the replicas or ten in a period, whichever is more', () => {
    expect(replicas(spec(), 100, Array(10).fill(0), 15)).toEqual([50, 50, 25, 25, 12, 12, 5, 5, 5, 5].map((n) => n))
  })
})

describe('stabilization', () => {
  it('scales down only to the largest number within the window', () => {
    const slow = spec({ scaleDown: { ...down, stabilizationWindowSeconds: 60 } })
    expect(replicas(slow, 40, [40, 20, 6, 6, 6, 6, 6], 15)).toEqual([40, 40, 40, 40, 20, 20, 10])
  })

  it('scales up only to the smallest number within the window', () => {
    const slow = spec({ scaleUp: { ...up, stabilizationWindowSeconds: 45 } })
    expect(replicas(slow, 10, [10, 30, 20, 30, 30, 30], 15)).toEqual([10, 10, 10, 20, 20, 30])
  })

  it('takes the replicas at the first sync as the first recommendation', () => {
    const slow = spec({ scaleDown: { ...down, stabilizationWindowSeconds: 30 } })
    expect(replicas(slow, 10, [6, 6, 6], 15)).toEqual([10, 10, 6])
  })
})
