import { describe, expect, it } from 'vitest'
import type { ChildObject } from '../../api/index.ts'
import { kubernetesEvents } from '../status/kubernetes-events.ts'
import { desired } from '../desired/desired.ts'
import { scaledOn } from './flow-fallback.ts'
import { statusOf } from '../status/status.ts'
import { pipeline, settings, stage } from '../testing.ts'

const scaling = { policy: 'Flow', minReplicas: 1, maxReplicas: 9, drainSeconds: 15 } as const
const shop = pipeline({ stages: [stage({ scaling, workSeconds: 0.1 })] })
const answering = { ...settings, flowScalerUrl: 'http://scaler.op.svc:8081' }
function children(from: typeof settings, status: object = {}): ChildObject[] {
  return desired(shop, [], from).map((child) => ({
    ...child,
    metadata: { ...child.metadata, generation: 1 },
    status: { conditions: [{ type: 'Ready', status: 'True' }], ...(child.kind === 'ScaledObject' ? status : {}) },
  }))
}
function failing(numberOfFailures: number) {
  return {
    health: { 's0-metric-api-metric': { numberOfFailures, status: 'Failing' } },
  }
}
function statusWith(of: readonly ChildObject[]) {
  return statusOf(
    { pipeline: shop, children: of, problems: [], failures: [], lag: new Map(), throughput: new Map() },
    '2026-01-01T00:00:00Z',
  )
}
function scalingReady(of: readonly ChildObject[]) {
  return statusWith(of).conditions?.find(({ type }) => type === 'ScalingReady')
}

describe('a stage with the policy Flow', () => {
  it('is scaled on flow if KEDA asks the operator, and the condition says so', () => {
    expect(scaledOn(shop, children(answering))).toEqual([{ stage: 'payment', by: 'Flow' }])
    expect(scalingReady(children(answering))).toMatchObject({
      reason: 'AllReady',
      message: 'every stage and the gateway are scaled; on flow: payment',
    })
  })

  it('is scaled on lag, with a condition and an Event, after KEDA got no answer several times', () => {
    expect(scaledOn(shop, children(answering, failing(3)))).toMatchObject([{ by: 'Flow' }])
    expect(scaledOn(shop, children(answering, failing(4)))).toMatchObject([{ by: 'Lag' }])
    const unanswered = children(answering, failing(4))
    expect(scalingReady(unanswered)).toMatchObject({
      status: 'True',
      reason: 'ScaledOnLag',
      message: expect.stringMatching(
        /^stage payment is scaled on lag for now, because the operator does not answer KEDA/,
      ) as string,
    })
    const [before, after] = [children(answering), unanswered].map((of) => statusWith(of))
    expect(kubernetesEvents(before, after ?? {}).map(({ type, reason }) => `${type} ${reason}`)).toEqual([
      'Warning ScaledOnLag',
    ])
  })

  it('is scaled on lag if KEDA is too old for a fallback by formula, or flowScaler is disabled', () => {
    for (const from of [settings, { ...answering, formulaFallback: false }])
      expect(scalingReady(children(from))).toMatchObject({
        reason: 'ScaledOnLag',
        message: expect.stringContaining('KEDA is older than 2.20') as string,
      })
  })
})
