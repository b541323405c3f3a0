// By which rules would a stage be scaled? Read from the very ScaledObject the operator would apply.
import type { ScaledObject } from '@orderpipeline/operator/api'
import type { HpaSpec } from './hpa.ts'
import type { KafkaTrigger } from './keda.ts'

export interface AutoscalerRules {
  /** 0 where the stage may scale to zero. */
  readonly minReplicas: number
  readonly hpa: HpaSpec
  readonly pollingSeconds: number
  readonly cooldownSeconds: number
  readonly triggers: readonly KafkaTrigger[]
  /** The lags are added up before the autoscaler sees them, rather than each asking for itself. */
  readonly sum: boolean
  /** Types of triggers that are no lag and are left out of the model. */
  readonly otherTriggers: readonly string[]
}

/** KEDA's own, where a ScaledObject says nothing. */
const kedaDefaults = { pollingInterval: 30, cooldownPeriod: 300 }

/** `topicPrefix` is what a topic's name has before it in Kafka. */
export function autoscalerRules({ spec }: ScaledObject, topicPrefix: string, tolerance: number): AutoscalerRules {
  const { behavior } = spec.advanced.horizontalPodAutoscalerConfig
  return {
    minReplicas: spec.minReplicaCount,
    hpa: {
      minReplicas: Math.max(1, spec.minReplicaCount),
      maxReplicas: spec.maxReplicaCount,
      scaleUp: behavior.scaleUp,
      scaleDown: behavior.scaleDown,
      tolerance,
    },
    pollingSeconds: spec.pollingInterval ?? kedaDefaults.pollingInterval,
    cooldownSeconds: spec.cooldownPeriod ?? kedaDefaults.cooldownPeriod,
    triggers: spec.triggers
      .filter(({ type }) => type === 'kafka')
      .map(({ metadata }) => ({
        topic: (metadata['topic'] ?? '').slice(topicPrefix.length),
        lagThreshold: Number(metadata['lagThreshold']),
        activationLagThreshold: Number(metadata['activationLagThreshold'] ?? 0),
        allowIdleConsumers: metadata['allowIdleConsumers'] === 'true',
      })),
    sum: Boolean(spec.advanced.scalingModifiers?.formula),
    otherTriggers: spec.triggers.filter(({ type }) => type !== 'kafka').map(({ type }) => type),
  }
}
