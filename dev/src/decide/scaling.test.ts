// Which number of replicas do the local autoscalers choose for a stage and the gateway?
import { describe, expect, it } from 'vitest'
import { activation, noMemory, scaling } from './scaling.ts'
import type { Measured, ScalingRules } from './scaling.ts'

const unlimited = {
  stabilizationWindowSeconds: 0,
  selectPolicy: 'Max',
  policies: [{ type: 'Pods', value: 100, periodSeconds: 15 }],
} as const
function rules(changes: Partial<ScalingRules> = {}): ScalingRules {
  return {
    minReplicas: 1,
    hpa: { minReplicas: 1, maxReplicas: 100, scaleUp: unlimited, scaleDown: unlimited, tolerance: 0.1 },
    ...{ pollingSeconds: 10, cooldownSeconds: 60, otherTriggers: [], sum: false, utilization: {} },
    triggers: [{ topic: 'shop.paid', lagThreshold: 60, activationLagThreshold: 0, allowIdleConsumers: false }],
    ...changes,
  }
}
function lag(count: number | undefined, more: Partial<Measured> = {}): Measured {
  return {
    lagOf: () => (count === undefined ? undefined : { lag: count, partitions: 110 }),
    ...more,
  }
}

describe('a stage', () => {
  it('gets the replicas for its lag', () => {
    expect(scaling(rules(), noMemory, 0, 5, lag(1_200)).replicas).toBe(20)
    expect(scaling(rules(), noMemory, 0, 20, lag(0)).replicas).toBe(1)
  })

  it('of several topics gets the replicas for the sum of their lags, and keeps its replicas while one lag is unknown', () => {
    const [trigger] = rules().triggers
    const two = rules({ sum: true, triggers: trigger ? [trigger, { ...trigger, topic: 'shop.cancelled' }] : [] })
    expect(scaling(two, noMemory, 0, 5, lag(300)).replicas).toBe(10)
    const one = { lagOf: (topic: string) => (topic === 'shop.paid' ? { lag: 3_000, partitions: 110 } : undefined) }
    expect(scaling(two, noMemory, 0, 5, one).replicas).toBe(5)
  })

  it('keeps its replicas while its lag is unknown', () => {
    expect(scaling(rules(), noMemory, 0, 20, lag(undefined)).replicas).toBe(20)
    expect(activation(rules({ minReplicas: 0 }), noMemory, 0, 3, lag(undefined)).replicas).toBe(3)
  })

  it('starts from 0 replicas with one message, and stops after the cooldown without messages', () => {
    const toZero = rules({ minReplicas: 0 })
    const woken = activation(toZero, noMemory, 1_000, 0, lag(1))
    expect(woken.replicas).toBe(1)
    expect(activation(toZero, woken.memory, 30_000, 1, lag(0)).replicas).toBe(1)
    expect(activation(toZero, woken.memory, 62_000, 1, lag(0)).replicas).toBe(0)
  })
})

describe('a gateway', () => {
  const gateway = rules({ triggers: [], utilization: { cpu: 70, memory: 80 } })
  const use = (total: number, requested: number, replicas: number) => ({ total, requested, replicas })

  it('gets the replicas that bring its CPU use to the target', () => {
    const measurements = lag(0, { cpu: use(0.5, 0.1, 5), memory: use(100, 100, 5) })
    expect(scaling(gateway, noMemory, 0, 5, measurements).replicas).toBe(8)
  })

  it('is not scaled in while one of its metrics is missing, but is scaled out on the other', () => {
    expect(scaling(gateway, noMemory, 0, 5, lag(0, { cpu: use(0.01, 0.1, 5) })).replicas).toBe(5)
    expect(scaling(gateway, noMemory, 0, 5, lag(0, { cpu: use(0.7, 0.1, 5) })).replicas).toBe(10)
  })

  it('is not scaled by the CPU use of replicas that have just started', () => {
    const measurements = lag(0, { cpu: use(0.07, 0.1, 1), memory: use(80, 100, 1) })
    expect(scaling(gateway, noMemory, 0, 5, measurements).replicas).toBe(5)
  })
})
