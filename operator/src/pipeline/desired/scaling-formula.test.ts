import { describe, expect, it } from 'vitest'
import type { OrderPipeline, ScaledObject, StageScaling } from '../../api/index.ts'
import { desired } from './desired.ts'
import { pipeline, settings, stage } from '../testing.ts'

const flowScalerUrl = 'http://operator-scaler.op.svc:8081'
const flow: StageScaling = { policy: 'Flow', minReplicas: 2, maxReplicas: 9, lagPerReplica: 30 }
function of(scaling: StageScaling, ...topics: string[]): OrderPipeline {
  return pipeline({
    topics: topics.map((name) => ({ name })),
    stages: [stage({ scaling, workSeconds: 1, consumes: topics.map((topic) => ({ topic })) })],
  })
}
function specOf(shop: OrderPipeline, more: object): ScaledObject['spec'] {
  return (
    desired(shop, [], { ...settings, ...more }).find((object): object is ScaledObject => object.kind === 'ScaledObject')
      ?.spec ?? expect.fail('no ScaledObject')
  )
}

describe('the ScaledObject of a stage whose policy is Flow', () => {
  it('uses the replicas in the operator’s answer, and the sum of the lags without an answer', () => {
    const { advanced, fallback, triggers } = specOf(of(flow, 'in', 'more'), { flowScalerUrl })
    expect(advanced.scalingModifiers).toEqual({ formula: 'flow ?? ((lag_0 + lag_1) / 30)', target: '1' })
    expect(fallback).toEqual({ failureThreshold: 3, replicas: 2, behavior: 'scalingModifiers' })
    expect(triggers.map(({ type, name }) => [type, name])).toEqual([
      ['metrics-api', 'flow'],
      ['kafka', 'lag_0'],
      ['kafka', 'lag_1'],
    ])
    expect(triggers[0]?.metadata).toEqual({
      url: `${flowScalerUrl}/v1/flow/default/shop/payment`,
      valueLocation: 'metric',
      targetValue: '1',
    })
  })

  it('also has the triggers of a schedule and a query', () => {
    const schedule = [{ start: '0 8 * * *', end: '0 9 * * *', replicas: 5 }]
    const scaling = { ...flow, schedule, prometheus: { query: 'sum(open)', perReplica: 40 } }
    const { advanced } = specOf(of(scaling, 'in'), { flowScalerUrl, prometheusUrl: 'http://prometheus' })
    expect(advanced.scalingModifiers?.formula).toBe('max(flow ?? (lag_0 / 30), query_0 * 0.025, schedule_0 * 1)')
  })

  it.each([
    ['the operator serves no scaler', {}],
    ['KEDA does not know the fallback', { flowScalerUrl, formulaFallback: false }],
  ])('is that of a stage on lag if %s', (_why, more) => {
    const onLag = specOf(of({ ...flow, policy: 'Lag' }, 'in', 'more'), {})
    expect(specOf(of(flow, 'in', 'more'), more)).toEqual(onLag)
  })

  it('is that of a stage on lag if the policy is absent or Lag', () => {
    const { policy: _left, ...none } = flow
    expect(specOf(of(none, 'in'), { flowScalerUrl })).toEqual(specOf(of(none, 'in'), {}))
    expect(specOf(of({ ...none, policy: 'Lag' }, 'in'), { flowScalerUrl })).toEqual(specOf(of(none, 'in'), {}))
  })
})
