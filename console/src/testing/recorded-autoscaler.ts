// What does an autoscaler report of a recorded load? As much as the HorizontalPodAutoscaler's
// status says of lag and CPU.
import type { Listed } from '@orderpipeline/client'
import type { ScaledObject } from '@orderpipeline/operator/api'

export interface PartRun {
  lag: number
  arrived: number
  consumed: number
  ready: number
  wanted: number
  /** Replicas demanded over the stabilization window, newest last. */
  asked: number[]
}

type Autoscaler = Listed['autoscalers'][number]

/**
 * At most so many more at once; less only when less was enough for so many looks, and then a third
 * at once.
 */
const mostMore = 20
const stabilizationSyncs = 8

export function desiredReplicasOf({ spec }: ScaledObject, run: PartRun): number {
  const { lag, wanted: desired } = run
  run.asked = [...run.asked, Math.ceil(lag / goalOf(spec))].slice(-stabilizationSyncs)
  const peakDemand = Math.max(...run.asked)
  const paced =
    peakDemand > desired
      ? Math.min(run.asked.at(-1) ?? peakDemand, desired + mostMore)
      : Math.max(peakDemand, Math.floor(desired * 0.67))
  return Math.max(spec.minReplicaCount, Math.min(spec.maxReplicaCount, Math.max(paced, Math.min(desired, peakDemand))))
}

function composite({ advanced }: ScaledObject['spec']): boolean {
  return advanced.scalingModifiers !== undefined
}

/** Messages that one replica is to carry; of a formula its triggers' thresholds are the same. */
function goalOf(spec: ScaledObject['spec']): number {
  const threshold = spec.triggers.find(({ type }) => type === 'kafka')?.metadata['lagThreshold']
  const target = spec.advanced.scalingModifiers?.target
  return Number(target !== undefined && Number(target) > 1 ? target : (threshold ?? 1))
}

export function autoscalerOf({ metadata, spec }: ScaledObject, run: PartRun, rate: number): Autoscaler {
  const trigger = spec.triggers.findIndex(({ type }) => type === 'kafka')
  const topic = (spec.triggers[trigger]?.metadata['topic'] ?? '').replaceAll('.', '-')
  const name = composite(spec) ? 'composite-metric' : `s${trigger}-kafka-${topic}`
  const lagged = trigger >= 0
  const demand = Math.ceil(run.lag / goalOf(spec))
  const cpu = Math.min(95, Math.round((rate / 30 / Math.max(1, run.ready)) * 70))
  return {
    metadata: { name: `keda-hpa-${metadata.name}` },
    spec: {
      scaleTargetRef: spec.scaleTargetRef,
      minReplicas: spec.minReplicaCount,
      maxReplicas: spec.maxReplicaCount,
      metrics: lagged
        ? [{ type: 'External', external: { metric: { name }, target: { averageValue: String(goalOf(spec)) } } }]
        : [{ type: 'Resource', resource: { name: 'cpu', target: { averageUtilization: 70 } } }],
      behavior: spec.advanced.horizontalPodAutoscalerConfig.behavior,
    },
    status: {
      currentReplicas: run.ready,
      desiredReplicas: run.wanted,
      currentMetrics: lagged
        ? [
            {
              type: 'External',
              external: {
                metric: { name },
                current: { averageValue: `${Math.ceil((run.lag * 1_000) / Math.max(1, run.ready))}m` },
              },
            },
          ]
        : [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: cpu } } }],
      conditions: [
        {
          type: 'AbleToScale',
          status: 'True',
          reason: demand < run.wanted && run.wanted > spec.minReplicaCount ? 'ScaleDownStabilized' : 'ReadyForNewScale',
        },
        {
          type: 'ScalingLimited',
          status: demand > run.wanted ? 'True' : 'False',
          reason: demand > run.wanted ? 'ScaleUpLimit' : '',
        },
      ],
    },
  }
}
