import { describe, expect, it } from 'vitest'
import type { ChildObject, StageScaling } from '../../api/index.ts'
import { desired } from '../desired/desired.ts'
import { firstReplicas, stagesAtZero } from './first-replica.ts'
import { unmeasuredDecision } from './flow-decision.ts'
import { pipeline, settings, stage } from '../testing.ts'

const scaling: StageScaling = { policy: 'Flow', minReplicas: 0, maxReplicas: 20, drainSeconds: 15 }
function stageOn(changes: Partial<StageScaling> = {}, spec: Parameters<typeof pipeline>[0] = {}) {
  return pipeline({ stages: [stage({ scaling: { ...scaling, ...changes } })], ...spec })
}
function childrenOf(of: ReturnType<typeof pipeline>, replicas: number, annotations: Record<string, string> = {}) {
  return desired(of, [], settings).map((child): ChildObject => {
    if (child.kind === 'Deployment') return { ...child, spec: { ...child.spec, replicas } }
    return child.kind === 'ScaledObject' ? { ...child, metadata: { ...child.metadata, annotations } } : child
  })
}
function atZero(of = stageOn(), replicas = 0, annotations: Record<string, string> = {}) {
  return stagesAtZero(of, childrenOf(of, replicas, annotations)).map(({ stage: name }) => name)
}
const bounds = { minReplicas: 0, maxReplicas: 20 }

describe('a stage at no replicas', () => {
  it('gets its first ones where messages wait, as many as are desired', () => {
    const of = stageOn()
    const candidates = stagesAtZero(of, childrenOf(of, 0))
    const replicasFor = (lag: number, replicas = 0) =>
      firstReplicas(candidates, () => ({ ...unmeasuredDecision(0, bounds, lag), replicas })).map((one) => one.replicas)
    expect([replicasFor(0), replicasFor(1), replicasFor(900, 7)]).toEqual([[], [1], [7]])
    expect(firstReplicas(candidates, () => undefined)).toEqual([])
  })

  it('is one on flow that may have none, and has none', () => {
    expect(atZero()).toEqual(['payment'])
    expect(atZero(stageOn(), 1)).toEqual([])
    expect(atZero(stageOn({ minReplicas: 1 }), 0)).toEqual([])
    expect(atZero(stageOn({ policy: 'Lag' }), 0)).toEqual([])
  })

  it('stays there while its pipeline is suspended, or a person has paused it', () => {
    expect(atZero(stageOn({}, { suspend: true }))).toEqual([])
    expect(atZero(stageOn(), 0, { 'autoscaling.keda.sh/paused-replicas': '0' })).toEqual([])
    expect(atZero(stageOn(), 0, { 'autoscaling.keda.sh/paused': 'true' })).toEqual([])
    expect(atZero(stageOn(), 0, { 'autoscaling.keda.sh/paused': 'false' })).toEqual(['payment'])
  })
})
