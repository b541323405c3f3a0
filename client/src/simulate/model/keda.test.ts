import { describe, expect, it } from 'vitest'
import { blank, decision } from './hpa.ts'
import { lagMetric, polled, summed } from './keda.ts'
import type { Activity, KafkaTrigger } from './keda.ts'

function trigger(changes: Partial<KafkaTrigger> = {}): KafkaTrigger {
  return {
    topic: 'placed',
    lagThreshold: 60,
    activationLagThreshold: 0,
    allowIdleConsumers: false,
    ...changes,
  }
}

describe('the metric of a Kafka trigger', () => {
  it.each([
    [0, 0],
    [599, 599],
    // 659 / 60 is still ten whole thresholds
    [659, 659],
    [660, 600],
    [8_000, 600],
  ])('reports a lag of %d on 10 partitions as %d', (lag, expected) => {
    expect(lagMetric(lag, 10, trigger())).toEqual({ total: expected, perReplica: 60 })
  })

  it('is the whole lag with allowIdleConsumers', () => {
    expect(lagMetric(8_000, 10, trigger({ allowIdleConsumers: true })).total).toBe(8_000)
  })

  it('is the sum of the limited lags of several topics', () => {
    const metrics = [lagMetric(300, 10, trigger()), lagMetric(8_000, 3, trigger())]
    expect(summed(metrics)).toEqual([{ total: 300 + 3 * 60, perReplica: 60 }])
    expect(summed([])).toEqual([])
  })

  it('keeps an autoscaler with as many partitions as replicas below its maximum, but not one with 10 % more partitions', () => {
    const rules = { stabilizationWindowSeconds: 0, selectPolicy: 'Max', policies: [] } as const
    const scaleUp = { ...rules, policies: [{ type: 'Pods', value: 100, periodSeconds: 15 } as const] }
    const spec = { minReplicas: 5, maxReplicas: 100, scaleUp, scaleDown: rules, tolerance: 0.1 }
    const from91 = (partitions: number) => decision(spec, blank, 0, 91, [lagMetric(1e6, partitions, trigger())]).desired
    expect(from91(100)).toBe(91)
    expect(from91(110)).toBe(100)
  })
})

describe("KEDA's poll", () => {
  const activity = (changes: Partial<Activity>): Activity => ({
    active: false,
    current: 1,
    minReplicas: 0,
    cooldownSeconds: 300,
    lastActive: undefined,
    now: 1_000_000,
    ...changes,
  })

  it.each([
    ['starts one replica when there is lag', { active: true, current: 0 }, 1],
    ['leaves a stage without lag at none', { current: 0 }, 0],
    ['leaves more to the autoscaler', { active: true, current: 7 }, 7],
    ['takes the last replicas away after the cooldown', { current: 3, lastActive: 699_999 }, 0],
    ['and not before', { current: 3, lastActive: 700_000 }, 3],
    ['nor ever where there is a minimum', { current: 3, minReplicas: 1, lastActive: 0 }, 3],
  ] as const)('%s', (_, changes, after) => {
    expect(polled(activity(changes))).toBe(after)
  })
})
