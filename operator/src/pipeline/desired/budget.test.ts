import { describe, expect, it } from 'vitest'
import type { Deployment, OrderPipelineSpec } from '../../api/index.ts'
import { livePools, peakReplicas, poolSizes, tightBudget } from './budget.ts'
import { desired } from './desired.ts'
import { pipeline, settings, stage } from '../testing.ts'

function spec(maxConnections: number | undefined, maxReplicas = 100, changes: Partial<OrderPipelineSpec> = {}) {
  return pipeline({
    ...(maxConnections === undefined ? {} : { database: { secretName: 'db', key: 'url', maxConnections } }),
    stages: [stage({ scaling: { minReplicas: 1, maxReplicas, lagPerReplica: 1 } })],
    ...changes,
  }).spec
}
const gateway = { scaling: { minReplicas: 1, maxReplicas: 10, cpuPercent: 70 } }

describe('the connections of a pipeline', () => {
  it('are divided by all replicas that can exist at one moment, including those of a rollout', () => {
    expect(peakReplicas(spec(450)).stages).toBe(150)
    expect([300, 449, 450, 600, 1500, 9000].map((connections) => poolSizes(spec(connections)).stage)).toEqual([
      2, 2, 3, 4, 10, 10,
    ])
  })

  it('are divided by both Deployments of a blue-green change-over', () => {
    const stages = [stage({ strategy: { type: 'BlueGreen' } })]
    expect(peakReplicas(spec(450, 0, { stages })).stages).toBe(200)
  })

  it('are at least two for a stage and three for a gateway', () => {
    expect(poolSizes(spec(undefined))).toEqual({ stage: 2, gateway: 3 })
    expect(poolSizes(spec(348, 100, { gateway }))).toEqual({ stage: 2, gateway: 3 })
    expect(poolSizes(spec(8000, 100, { gateway }))).toEqual({ stage: 10, gateway: 10 })
  })

  it('are not divided by stages with a database of their own', () => {
    const own = stage({ env: [{ name: 'DATABASE_URL', value: 'postgresql://other' }] })
    expect(peakReplicas(spec(450, 0, { stages: [own] })).stages).toBe(0)
  })

  it('stay the same in the pods while they fit, so that a change of one maximum does not restart every stage', () => {
    const live = { stage: 3, gateway: 3 }
    expect(poolSizes(spec(600), live)).toEqual(live) // four would fit, too
    expect(poolSizes(spec(600, 120), live)).toEqual(live)
    expect(poolSizes(spec(600, 140), live)).toEqual({ stage: 2, gateway: 3 })
    expect(poolSizes(spec(900), live)).toEqual({ stage: 6, gateway: 6 })
    expect(poolSizes(spec(300), { stage: 1, gateway: 1 })).toEqual({ stage: 2, gateway: 3 })
  })

  it('are read from the existing pods', () => {
    const of = pipeline({ database: { secretName: 'db', key: 'url', maxConnections: 450 }, gateway })
    const deployments = desired(of, [], settings).filter((child): child is Deployment => child.kind === 'Deployment')
    const parts = new Map(deployments.map((one) => [one.metadata.labels?.['orderpipeline.dev/stage'] ?? '', one]))
    expect(livePools(parts)).toEqual(poolSizes(of.spec))
    expect(livePools(new Map([['payment', undefined]]))).toBeUndefined()
  })

  it('are reported as tight if only a rollout needs more', () => {
    expect(tightBudget(spec(299))).toContain('raise it to that')
    expect(tightBudget(spec(299))).toContain('up to 300')
    expect(tightBudget(spec(300))).toBeUndefined()
    expect(tightBudget(spec(undefined))).toBeUndefined()
  })
})
