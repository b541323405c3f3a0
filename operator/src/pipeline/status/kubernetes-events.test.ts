import { describe, expect, it } from 'vitest'
import type { Condition, OrderPipelineStatus, StageStatus } from '../../api/index.ts'
import { kubernetesEvents } from './kubernetes-events.ts'

type Verdict = readonly [Condition['type'], Condition['status'], Condition['reason']]
function status(verdicts: readonly Verdict[], stages: readonly Partial<StageStatus>[] = []): OrderPipelineStatus {
  return {
    conditions: verdicts.map(([type, holds, reason]) => ({
      type,
      status: holds,
      reason,
      message: `${reason} it is`,
      lastTransitionTime: 'then',
    })),
    stages: stages.map((stage) => ({ name: 'payment', replicas: 1, readyReplicas: 1, desiredReplicas: 1, ...stage })),
  }
}
function eventsOf(before: OrderPipelineStatus | undefined, after: OrderPipelineStatus) {
  return kubernetesEvents(before, after).map(({ type, reason }) => `${type} ${reason}`)
}

const ready = status([['Ready', 'True', 'AllReady']])
const waiting = status([['Ready', 'False', 'ReplicasNotReady']])

describe('a Kubernetes Event', () => {
  it('is recorded when a pipeline becomes Ready or stops being Ready, but not for each step in between', () => {
    expect(eventsOf(undefined, waiting)).toEqual([])
    expect(eventsOf(waiting, ready)).toEqual(['Normal Ready'])
    expect(eventsOf(ready, ready)).toEqual([])
    expect(eventsOf(ready, waiting)).toEqual(['Warning ReplicasNotReady'])
    expect(eventsOf({ ...ready, observedGeneration: 1 }, { ...waiting, observedGeneration: 2 })).toEqual([])
  })

  it('reports a cause once, although Ready repeats it', () => {
    const notOwned = status([
      ['Ready', 'False', 'NotOwned'],
      ['Configured', 'False', 'NotOwned'],
    ])
    expect(kubernetesEvents(ready, notOwned)).toEqual([{ type: 'Warning', reason: 'NotOwned', note: 'NotOwned it is' }])
    expect(eventsOf(notOwned, notOwned)).toEqual([])
  })

  it('warns of problems that leave the pipeline Ready but need attention', () => {
    const unreachable = status([
      ['Ready', 'True', 'AllReady'],
      ['ScalingReady', 'True', 'MaximumUnreachable'],
    ])
    expect(eventsOf(ready, unreachable)).toEqual(['Warning MaximumUnreachable'])
  })

  it('warns of the first open dead letters, not of each further one', () => {
    const withDeadLetters = (deadLetters: number) => status([['Ready', 'True', 'AllReady']], [{ deadLetters }])
    expect(kubernetesEvents(withDeadLetters(0), withDeadLetters(3))).toEqual([
      { type: 'Warning', reason: 'DeadLetters', note: 'payment: 3 dead letters wait; see orderpipeline dlq list' },
    ])
    expect(eventsOf(withDeadLetters(3), withDeadLetters(4))).toEqual([])
    expect(eventsOf(withDeadLetters(3), withDeadLetters(0))).toEqual([])
  })

  it('warns of a new version whose pods fail, although the old one keeps the pipeline Ready', () => {
    const trying = status([
      ['Ready', 'True', 'AllReady'],
      ['RolledOut', 'False', 'Progressing'],
    ])
    const failing = status([
      ['Ready', 'True', 'AllReady'],
      ['RolledOut', 'False', 'NewVersionFailing'],
    ])
    expect(eventsOf(ready, trying)).toEqual([])
    expect(eventsOf(trying, failing)).toEqual(['Warning NewVersionFailing'])
    expect(eventsOf(failing, failing)).toEqual([])
  })

  it('is not a warning for a requested change', () => {
    expect(eventsOf(ready, status([['Ready', 'False', 'Draining']]))).toEqual(['Normal Draining'])
  })

  it('reports each change of the desired replicas of a stage on flow, with its reason', () => {
    const lastScaling = { at: '2026-01-01T00:00:00.000Z', from: 5, to: 40, reason: 'Backlog', message: '900 wait' }
    const after = status([], [{ lastScaling }])
    expect(kubernetesEvents(status([], [{}]), after)).toEqual([
      { type: 'Normal', reason: 'Scaled', note: 'payment: 5 → 40 replicas (Backlog): 900 wait' },
    ])
    expect(eventsOf(after, after)).toEqual([])
  })

  it('reports new versions and replicas without effect', () => {
    const progressing = status([], [{ rollout: { phase: 'Progressing' } }])
    const scaleOut = { from: 10, to: 20, message: 'no faster' }
    const after = status([], [{ rollout: { phase: 'Stable' }, scaleOut }])
    expect(eventsOf(progressing, after)).toEqual(['Normal RolledOut', 'Warning ScaleOutUseless'])
    expect(eventsOf(after, after)).toEqual([])
  })
})
