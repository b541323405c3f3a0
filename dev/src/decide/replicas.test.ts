import { describe, expect, it } from 'vitest'
import { replicaSteps, shares } from './replicas.ts'
import type { ReplicaView } from './replicas.ts'

function replica(name: string, changes: Partial<ReplicaView> = {}): ReplicaView {
  return {
    ...{ name, version: 'new', ready: true, draining: false, createdAt: 0 },
    ...changes,
  }
}
function rolling(maxSurge: string, maxUnavailable: string) {
  return {
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
  }
}

describe('the replicas of a Deployment', () => {
  it('are started when some are missing, without those that drain', () => {
    const replicas = [replica('a'), replica('b', { draining: true })]
    expect(replicaSteps({ desired: 3, version: 'new' }, replicas)).toEqual({ start: 2, stop: [] })
  })

  it('are ended when there are too many: first one that is not ready, then the youngest one', () => {
    const replicas = [replica('old'), replica('young', { createdAt: 9 }), replica('broken', { ready: false })]
    expect(replicaSteps({ desired: 1, version: 'new' }, replicas)).toEqual({ start: 0, stop: ['broken', 'young'] })
  })

  it('are replaced in steps that keep enough of them ready', () => {
    const replicas = ['a', 'b', 'c', 'd'].map((name) => replica(name, { version: 'old' }))
    const steps = replicaSteps({ desired: 4, version: 'new', ...rolling('25%', '25%') }, replicas)
    expect(steps.start).toBe(1)
    expect(steps.stop).toHaveLength(1)
  })

  it('are never replaced before the new one is ready if none may be missing', () => {
    const replicas = [replica('a', { version: 'old' }), replica('b', { ready: false })]
    expect(replicaSteps({ desired: 1, version: 'new', ...rolling('25%', '0%') }, replicas)).toEqual({
      start: 0,
      stop: [],
    })
    const replicaViews = [replica('a', { version: 'old' }), replica('b')]
    expect(replicaSteps({ desired: 1, version: 'new', ...rolling('25%', '0%') }, replicaViews).stop).toEqual(['a'])
  })

  it('of an old version that do not work are replaced at once', () => {
    const replicas = [replica('a', { version: 'old', ready: false }), replica('b', { version: 'old', ready: false })]
    expect(replicaSteps({ desired: 2, version: 'new', ...rolling('25%', '0%') }, replicas).stop).toEqual(['a', 'b'])
  })
})

describe('the division of --max-processes', () => {
  const asks = [
    { name: 'gateway', desired: 5, minReplicas: 5 },
    { name: 'orders', desired: 100, minReplicas: 10 },
    { name: 'payment', desired: 100, minReplicas: 5 },
  ]

  it('gives every stage its desired replicas if there are enough', () => {
    expect([...shares(asks, 300).values()]).toEqual([5, 100, 100])
  })

  it('gives every stage its least replicas first, and divides the rest in turn', () => {
    expect([...shares(asks, 40).values()]).toEqual([5, 20, 15])
  })

  it('gives every stage one replica before any gets a second if even the least replicas are too many', () => {
    expect([...shares(asks, 4).values()]).toEqual([2, 1, 1])
  })

  it('never exceeds the limit', () => {
    for (let most = 0; most < 60; most += 1)
      expect([...shares(asks, most).values()].reduce((sum, one) => sum + one, 0)).toBe(Math.min(most, 205))
  })
})
