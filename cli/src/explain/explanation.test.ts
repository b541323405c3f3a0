import type { OrderPipeline, OrderPipelineStatus, ScaledObject, Trigger } from '@orderpipeline/operator/api'
import { answerOf, flowDecision } from '@orderpipeline/operator/pipeline'
import type { FlowHistory } from '@orderpipeline/operator/pipeline'
import { describe, expect, it } from 'vitest'
import { explanation } from '@orderpipeline/client'
import type { Autoscaler, PartObserved, ObservedPod, ReplicaReason, Workload } from '@orderpipeline/client'
import { explanationLines } from './render.ts'

const topic = 'shop.inventory.updated'
function pipeline(status: Partial<OrderPipelineStatus> = {}, spec: Partial<OrderPipeline['spec']> = {}): OrderPipeline {
  return {
    apiVersion: 'orderpipeline.dev/v1alpha1',
    kind: 'OrderPipeline',
    metadata: { name: 'shop', namespace: 'default', generation: 1 },
    spec: {
      kafka: { strimziCluster: 'kafka' },
      topics: [{ name: 'inventory.updated' }],
      stages: [
        {
          name: 'payment',
          consumes: [{ topic: 'inventory.updated' }],
          scaling: { minReplicas: 5, maxReplicas: 100, lagPerReplica: 60 },
        },
      ],
      ...spec,
    },
    status: { observedGeneration: 1, ...status },
  }
}
function scaledObject(status: unknown = {}, annotations: Record<string, string> = {}): ScaledObject {
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: { name: 'shop-payment', annotations },
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'shop-payment' },
      minReplicaCount: 5,
      maxReplicaCount: 100,
      fallback: { failureThreshold: 3, replicas: 5, behavior: 'currentReplicasIfHigher' },
      advanced: { horizontalPodAutoscalerConfig: { behavior: {} as never } },
      triggers: [{ type: 'kafka', metadata: { topic, lagThreshold: '60' } }],
    },
    status,
  }
}
const metric = 's0-kafka-shop-inventory-updated'
/** As the autoscaler writes it: the mean over its replicas in thousandths, rounded up. */
function autoscaler(lag: number | undefined, current: number, desired: number, conditions: Reasons = {}): Autoscaler {
  return {
    metadata: { name: 'keda-hpa-shop-payment' },
    spec: {
      scaleTargetRef: { kind: 'Deployment', name: 'shop-payment' },
      minReplicas: 5,
      maxReplicas: 100,
      metrics: [{ type: 'External', external: { metric: { name: metric }, target: { averageValue: '60' } } }],
      behavior: {
        scaleUp: { policies: [{ type: 'Pods', value: 20, periodSeconds: 15 }] },
        scaleDown: { stabilizationWindowSeconds: 120, policies: [{ type: 'Percent', value: 50, periodSeconds: 30 }] },
      },
    },
    status: {
      currentReplicas: current,
      desiredReplicas: desired,
      currentMetrics:
        lag === undefined
          ? []
          : [
              {
                type: 'External',
                external: {
                  metric: { name: metric },
                  current: { averageValue: `${Math.ceil((lag * 1000) / current)}m` },
                },
              },
            ],
      conditions: Object.entries(conditions).map(([type, [status, reason, message = '']]) => ({
        type,
        status,
        reason,
        message,
      })),
    },
  }
}
type Reasons = Readonly<Record<string, readonly [status: string, reason: string, message?: string]>>
function deployment(replicas: number, ready = replicas, conditions: Workload['status'] = {}): Workload {
  return {
    metadata: { name: 'shop-payment' },
    spec: { replicas },
    status: { replicas, readyReplicas: ready, ...conditions },
  }
}
function observation(changes: Partial<PartObserved>): PartObserved {
  return {
    pipeline: pipeline(),
    part: 'payment',
    scaledObject: scaledObject(),
    autoscaler: autoscaler(0, 5, 5),
    deployment: deployment(5),
    pods: [],
    partitions: new Map([[topic, 120]]),
    ...changes,
  }
}
function reasons(changes: Partial<PartObserved>): readonly ReplicaReason[] {
  return explanation(observation(changes)).reasons
}
function codes(changes: Partial<PartObserved>): string[] {
  return reasons(changes).map(({ code }) => code)
}
function textOf(changes: Partial<PartObserved>, code: string): string | undefined {
  return reasons(changes).find((reason) => reason.code === code)?.text
}

describe('the replicas of a stage', () => {
  it('follow from its lag and the target per replica', () => {
    const scaled = { autoscaler: autoscaler(4477, 8, 75), deployment: deployment(75, 75) }
    expect(textOf(scaled, 'Lag')).toBe(
      'lag 4,477 on shop.inventory.updated, and the target per replica is 60: ⌈4,477 / 60⌉ = 75 desired',
    )
    expect(codes(scaled)).toEqual(['Lag'])
    expect(explanationLines(explanation(observation(scaled)), (text) => text)[0]).toBe(
      'payment  75 replicas, 75 ready, 75 desired (5 to 100 allowed)',
    )
  })

  it('follow from the lag of all its topics together', () => {
    const one = scaledObject()
    const triggers = [topic, 'shop.orders.cancelled'].map((name, index) => ({
      type: 'kafka' as const,
      name: `lag_${index}`,
      metadata: { topic: name, lagThreshold: '60' },
    }))
    const scalingModifiers = { formula: 'lag_0 + lag_1', target: '60' }
    const summed = { ...one, spec: { ...one.spec, triggers, advanced: { ...one.spec.advanced, scalingModifiers } } }
    const renamed = JSON.parse(
      JSON.stringify(autoscaler(1200, 5, 20)).replaceAll(metric, 'composite-metric'),
    ) as Autoscaler
    const partitions = new Map([
      [topic, 12],
      ['shop.orders.cancelled', 3],
    ])
    const scaled = { scaledObject: summed, autoscaler: renamed, deployment: deployment(20), partitions }
    expect(textOf(scaled, 'Lag')).toBe(
      'lag 1,200 on shop.inventory.updated + shop.orders.cancelled, and the target per replica is 60: ⌈1,200 / 60⌉ = 20 desired',
    )
    const schedule = { type: 'cron', name: 'lunch', metadata: { start: '0 11 * * *', end: '0 14 * * *' } } as const
    const withSchedule = { ...summed, spec: { ...summed.spec, triggers: [...triggers, schedule] } }
    expect(textOf({ ...scaled, scaledObject: withSchedule }, 'Lag')).toContain(
      'shop.orders.cancelled (or a schedule or query, if that asks for more), and',
    )
    expect(textOf(scaled, 'ClippedToPartitions')).toContain(
      'its topics have 15 together: more than 15 replicas are never desired; set partitions: 107 of topic inventory.updated to reach 100',
    )
  })

  describe('of a stage that is scaled on flow', () => {
    const url = 'http://operator-scaler.op.svc:8081/v1/flow/default/shop/payment'
    const answer = { type: 'metrics-api' as const, name: 'flow', metadata: { url, valueLocation: 'metric' } }
    const onFlow = (status: unknown = {}): ScaledObject => {
      const one = scaledObject(status)
      const triggers = [answer, { ...one.spec.triggers[0], type: 'kafka' as const, name: 'lag_0', metadata: { topic } }]
      const scalingModifiers = { formula: 'flow ?? (lag_0 / 60)', target: '1' }
      return { ...one, spec: { ...one.spec, triggers, advanced: { ...one.spec.advanced, scalingModifiers } } }
    }
    const autoscalerWith = (replicas: number) =>
      JSON.parse(
        JSON.stringify(autoscaler(replicas, replicas, replicas))
          .replaceAll(metric, 'composite-metric')
          .replaceAll('"60"', '"1"'),
      ) as Autoscaler
    const load = { arrivalsPerSecond: 300, backlog: 0, drainSeconds: 15, replicaPerSecond: 28, partitions: 120 }
    const bounds = { minReplicas: 5, maxReplicas: 100, current: 13 }
    const history = (changes: Partial<Parameters<typeof flowDecision>[0]> = {}): FlowHistory => {
      const decision = flowDecision({ ...load, ...bounds, ...changes }, { lag: 12, measuredAt: undefined })
      return { ...answerOf(decision, 0), since: '2026-01-01T00:00:00.000Z', changes: [] }
    }
    const scaled = { scaledObject: onFlow(), autoscaler: autoscalerWith(13), deployment: deployment(13) }

    it('are explained by the decision of the operator, in its words', () => {
      const onFlowChanges = { ...scaled, flow: history() }
      expect(codes(onFlowChanges)).toEqual(['Flow'])
      expect(textOf(onFlowChanges, 'Flow')).toBe(
        'the operator has decided on 13 (Arrivals): 300 messages per second arrive (12.6 replicas); 0 wait, to be handled in 15 s (0 replicas); a replica handles 28 per second, from workSeconds',
      )
    })

    it('are explained by the value of the autoscaler, with the reason, if the decision cannot be read', () => {
      const withoutFlow = { ...scaled, flow: 'the API server answered 403' }
      expect(codes(withoutFlow)).toEqual(['Flow', 'FlowUnknown'])
      expect(textOf(withoutFlow, 'Flow')).toContain('asks for 13')
      expect(textOf(withoutFlow, 'FlowUnknown')).toBe("the operator's decision is unknown: the API server answered 403")
    })

    it('are marked as trouble if the stage is holding, but not if a change is too small', () => {
      const troubleOf = (flow: FlowHistory) => reasons({ ...scaled, flow }).find(({ code }) => code === 'Flow')?.trouble
      expect(troubleOf(history({ backlog: 10_000, holding: true }))).toBe(true)
      expect(troubleOf(history({ arrivalsPerSecond: 270 }))).toBeUndefined()
    })

    it('follow the lag, with an explanation, while the operator does not answer KEDA', () => {
      const health = { 's0-metric-api-metric': { numberOfFailures: 7, status: 'Failing' } }
      const conditions = [{ type: 'Fallback', status: 'True', reason: 'FallbackExists', message: '' }]
      const onFallback = { ...scaled, scaledObject: onFlow({ health, conditions }), flow: 'no answer' }
      expect(codes(onFallback)).toContain('OnLag')
      expect(codes(onFallback)).not.toContain('Fallback')
      expect(textOf(onFallback, 'OnLag')).toContain(
        'it is scaled on lag for now (s0-metric-api-metric, 7 times in a row), because the operator does not answer KEDA',
      )
    })
  })

  it('are not increased by the rounding of the mean', () => {
    expect(textOf({ autoscaler: autoscaler(2520, 11, 42) }, 'Lag')).toContain('⌈2,520 / 60⌉ = 42 desired')
  })

  it('stay while the desired number is within 10 % of the present one', () => {
    const close = { autoscaler: autoscaler(5_700, 91, 91), deployment: deployment(91) }
    expect(codes(close)).toEqual(['Lag', 'WithinTolerance'])
    expect(textOf(close, 'WithinTolerance')).toBe(
      'that is within 10 % of the present 91, so the autoscaler does not change the number',
    )
  })

  it('are limited by maxReplicas, by minReplicas and by partitions', () => {
    const above = { autoscaler: autoscaler(60_000, 100, 100, { ScalingLimited: ['True', 'TooManyReplicas'] }) }
    expect(textOf({ ...above, partitions: new Map([[topic, 1_000]]) }, 'AtMaximum')).toBe(
      'maxReplicas 100 is the limit, although the load asks for 1000',
    )
    expect(codes({ autoscaler: autoscaler(10, 5, 5) })).toEqual(['Lag', 'AtMinimum'])
    const narrow = {
      pipeline: pipeline({
        stages: [{ name: 'payment', replicas: 30, readyReplicas: 30, desiredReplicas: 30, lag: 9_000 }],
      }),
      autoscaler: autoscaler(1_800, 15, 30),
      partitions: new Map([[topic, 30]]),
    }
    expect(textOf(narrow, 'ClippedToPartitions')).toBe(
      'KEDA counts at most 60 of lag per partition, of 9,000 in all, and shop.inventory.updated has 30: more than 30 replicas are never desired; set partitions: 110 of topic inventory.updated to reach 100',
    )
  })

  it('stay until fewer replicas have been enough for the stabilization window', () => {
    const down = { autoscaler: autoscaler(60, 40, 40, { AbleToScale: ['True', 'ScaleDownStabilized'] }) }
    expect(textOf(down, 'ScaleDownWaits')).toMatch(/^5 would be enough now, but .* for 120 s/)
    expect(codes(down)).not.toContain('AtMinimum')
  })

  it('change at the rate of the scaling policy', () => {
    const up = { autoscaler: autoscaler(6_000, 5, 25, { ScalingLimited: ['True', 'ScaleUpLimit'] }) }
    expect(textOf(up, 'PacedUp')).toBe('it is still scaling up: at most 20 in 15 s are added')
    const down = { autoscaler: autoscaler(0, 40, 20, { ScalingLimited: ['True', 'ScaleDownLimit'] }) }
    expect(textOf(down, 'PacedDown')).toContain('at most 50 % in 30 s are removed')
  })

  it('are 0 while the pipeline is suspended, and 0 while there is no lag', () => {
    const paused = { 'autoscaling.keda.sh/paused-replicas': '0' }
    const suspended = { pipeline: pipeline({}, { suspend: true }), deployment: deployment(0), autoscaler: undefined }
    expect(codes({ ...suspended, scaledObject: scaledObject({}, paused) })).toEqual(['Suspended'])
    expect(codes({ ...suspended, scaledObject: scaledObject() })).toContain('Draining')
    expect(codes({ scaledObject: scaledObject({}, { ...paused, x: '' }), autoscaler: undefined })).toEqual(['Paused'])
    const idle = scaledObject({ conditions: [{ type: 'Active', status: 'False' }] })
    const empty = { ...idle, spec: { ...idle.spec, minReplicaCount: 0 } }
    expect(codes({ scaledObject: empty, deployment: deployment(0) })).toEqual(['ScaledToZero'])
  })

  it('fall back to the present number if KEDA cannot read the lag', () => {
    const failing = scaledObject({
      conditions: [{ type: 'Fallback', status: 'True' }],
      health: { [metric]: { numberOfFailures: 4, status: 'Failing' } },
    })
    expect(textOf({ scaledObject: failing }, 'Fallback')).toContain(`(${metric}, 4 times in a row)`)
    const broken = scaledObject({
      conditions: [{ type: 'Ready', status: 'False', reason: 'Bad', message: 'no trigger' }],
    })
    expect(textOf({ scaledObject: broken, autoscaler: undefined }, 'ScaledObjectNotReady')).toContain('Bad: no trigger')
  })

  it('do not change if the autoscaler has no metrics or no Deployment', () => {
    const blind = autoscaler(undefined, 5, 5, { ScalingActive: ['False', 'FailedGetExternalMetric', 'no answer'] })
    expect(codes({ autoscaler: blind })).toEqual(['MetricUnknown', 'MetricUnknown'])
    const ready = scaledObject({ conditions: [{ type: 'Ready', status: 'True' }] })
    expect(codes({ scaledObject: ready, autoscaler: undefined })).toEqual(['NoAutoscaler'])
    expect(codes({ autoscaler: undefined })).toEqual(['ScaledObjectNotReady'])
    expect(codes({ scaledObject: undefined, autoscaler: undefined })).toEqual(['NoScaledObject'])
  })

  it('do not follow a spec that is not applied', () => {
    const wrong = {
      type: 'Configured',
      status: 'False',
      reason: 'NotOwned',
      message: 'm',
      lastTransitionTime: '',
    } as const
    expect(codes({ pipeline: pipeline({ conditions: [wrong] }) })[0]).toBe('NotApplied')
    expect(textOf({ pipeline: pipeline({ conditions: [wrong] }) }, 'NotApplied')).toBe(
      'the latest spec is applied only in part (NotOwned: m); the objects that do not depend on that are applied',
    )
    const invalidSchedule = { ...wrong, reason: 'ScheduleInvalid' } as const
    expect(textOf({ pipeline: pipeline({ conditions: [invalidSchedule] }) }, 'NotApplied')).toBe(
      'the latest spec is not applied (ScheduleInvalid: m), so that all objects stay as they are',
    )
    expect(textOf({ pipeline: pipeline({ observedGeneration: 0 }) }, 'NotApplied')).toContain('not yet reconciled')
  })
})

describe('missing pods', () => {
  const pod = (status: ObservedPod['status']): ObservedPod => ({ metadata: { name: 'p' }, status: status ?? {} })
  const unscheduled = pod({
    conditions: [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes: Insufficient cpu' },
    ],
  })
  const crashing = pod({
    containerStatuses: [
      {
        restartCount: 4,
        state: { waiting: { reason: 'CrashLoopBackOff' } },
        lastState: { terminated: { reason: 'Error', exitCode: 1 } },
      },
    ],
  })

  it('are explained by the cause of each, grouped by cause', () => {
    const busy = { deployment: deployment(10, 5), pods: [unscheduled, unscheduled, crashing] }
    expect(textOf(busy, 'PodsUnschedulable')).toBe('no node takes 2 of its pods: 0/1 nodes: Insufficient cpu')
    expect(textOf(busy, 'PodsFailing')).toBe(
      '1 of its pods fail: CrashLoopBackOff, last ended with Error (exit code 1), restarted 4 times',
    )
    expect(textOf(busy, 'PodsStarting')).toBe('2 of its pods are starting and not ready yet')
  })

  it('are explained by the message of the quota or admission that refuses them', () => {
    const conditions = [
      { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: 'exceeded quota: small' },
    ]
    const overQuota = { ...deployment(10), status: { replicas: 4, readyReplicas: 4, conditions } }
    expect(textOf({ deployment: overQuota }, 'PodsRefused')).toBe(
      '6 of its pods cannot be created: exceeded quota: small',
    )
  })
})

describe('the gateway', () => {
  it('is explained by its CPU and memory, and in a peak by its schedule', () => {
    const gateway = { scaling: { minReplicas: 2, maxReplicas: 10, cpuPercent: 70 } }
    const object = scaledObject()
    const triggers: Trigger[] = [
      { type: 'cpu', metadata: { value: '70' } },
      {
        type: 'cron',
        metadata: { start: '0 8 * * *', end: '0 9 * * *', timezone: 'Etc/UTC', desiredReplicas: '6' },
      },
    ]
    const external = { metric: { name: 's1-cron-x' } }
    const gatewayReasons = reasons({
      pipeline: pipeline({}, { gateway }),
      part: 'gateway',
      scaledObject: { ...object, spec: { ...object.spec, triggers } },
      autoscaler: {
        metadata: { name: 'h' },
        spec: {
          scaleTargetRef: { kind: 'Deployment', name: 'shop-gateway' },
          maxReplicas: 10,
          metrics: [
            { type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } },
            { type: 'External', external: { ...external, target: { averageValue: '1' } } },
          ],
        },
        status: {
          currentReplicas: 4,
          desiredReplicas: 6,
          currentMetrics: [
            { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 35 } } },
            { type: 'External', external: { ...external, current: { averageValue: '1500m' } } },
          ],
        },
      },
    })
    expect(gatewayReasons.map(({ text }) => text)).toEqual([
      'CPU at 35 % of the request, and the target is 70 %: 2 desired',
      'the schedule 0 8 * * * to 0 9 * * * (Etc/UTC) asks for 6',
    ])
  })
})
