// On what does each part scale, and how fast? A KEDA ScaledObject per stage on consumer lag, for the gateway on CPU and memory.
import type { Gateway, OrderPipeline, ScaledObject, ScalingRules, Stage, Trigger } from '../api/index.ts'
import { defaults } from './environment.ts'
import { bootstrapServersFrom, consumerGroup, gatewayName, ownedMeta, topicName, workloadName } from './names.ts'

/** KEDA scales the target to this many and leaves it there for as long as the annotation stands. */
const pausedAnnotation = 'autoscaling.keda.sh/paused-replicas'

const pollingSeconds = 10
const scaleDownStabilizationSeconds = { stage: 120, gateway: 300 } as const

/** Lag one replica carries: given, or as much as it drains within drainSeconds. Below 1 when it cannot drain one message. */
export const lagThreshold = (stage: Stage): number => {
  const { lagPerReplica, drainSeconds } = stage.scaling
  if (lagPerReplica !== undefined) return lagPerReplica
  const messagesPerSecond = (stage.concurrency ?? defaults.concurrency) / (stage.workSeconds ?? 1)
  return Math.floor((drainSeconds ?? 1) * messagesPerSecond + 1e-9)
}

export const stageScaledObject = (pipeline: OrderPipeline, stage: Stage, serviceDomain: string): ScaledObject => ({
  ...scaledObject(pipeline, stage.name, {
    ...replicaBounds(stage.scaling),
    pollingInterval: stage.scaling.pollingIntervalSeconds ?? pollingSeconds,
    // Kafka out of reach: keep what is running rather than scale in on a lag nobody can see.
    fallback: { failureThreshold: 3, replicas: stage.scaling.minReplicas, behavior: 'currentReplicasIfHigher' },
    advanced: behaviour(
      stage.scaling,
      stage.scaling.scaleDownStabilizationSeconds ?? scaleDownStabilizationSeconds.stage,
    ),
    triggers: stage.consumes.map(({ topic }) => ({
      type: 'kafka',
      metadata: {
        bootstrapServers: bootstrapServersFrom(pipeline, serviceDomain),
        consumerGroup: consumerGroup(pipeline, stage),
        topic: topicName(pipeline.metadata.name, topic),
        lagThreshold: String(lagThreshold(stage)),
        offsetResetPolicy: 'earliest', // a group that has committed nothing yet has everything before it
      },
    })),
  }),
})

export const gatewayScaledObject = (pipeline: OrderPipeline, gateway: Gateway): ScaledObject =>
  scaledObject(pipeline, gatewayName, {
    ...replicaBounds(gateway.scaling),
    advanced: behaviour(gateway.scaling, scaleDownStabilizationSeconds.gateway),
    triggers: [
      ...utilization('cpu', gateway.scaling.cpuPercent),
      ...utilization('memory', gateway.scaling.memoryPercent),
    ],
  })

const replicaBounds = (scaling: { readonly minReplicas: number; readonly maxReplicas: number }) => ({
  minReplicaCount: scaling.minReplicas,
  maxReplicaCount: scaling.maxReplicas,
})

const utilization = (type: 'cpu' | 'memory', percent: number | undefined): Trigger[] =>
  percent === undefined ? [] : [{ type, metricType: 'Utilization', metadata: { value: String(percent) } }]

/**
 * Up in one step as far as the load asks, since every join makes the whole group rebalance; down only once the lag has
 * stayed low, then by half or ten, whichever is more.
 */
const behaviour = (scaling: { readonly maxReplicas: number }, stabilizationWindowSeconds: number) => {
  const scaleUp: ScalingRules = {
    stabilizationWindowSeconds: 0,
    selectPolicy: 'Max',
    policies: [{ type: 'Pods', value: scaling.maxReplicas, periodSeconds: 15 }],
  }
  const scaleDown: ScalingRules = {
    stabilizationWindowSeconds,
    selectPolicy: 'Max',
    policies: [
      { type: 'Percent', value: 50, periodSeconds: 30 },
      { type: 'Pods', value: 10, periodSeconds: 30 },
    ],
  }
  return { horizontalPodAutoscalerConfig: { behavior: { scaleUp, scaleDown } } }
}

const scaledObject = (
  pipeline: OrderPipeline,
  stage: string,
  spec: Omit<ScaledObject['spec'], 'scaleTargetRef'>,
): ScaledObject => {
  const name = workloadName(pipeline.metadata.name, stage)
  const metadata = ownedMeta(pipeline, name, stage)
  return {
    apiVersion: 'keda.sh/v1alpha1',
    kind: 'ScaledObject',
    metadata: pipeline.spec.suspend ? { ...metadata, annotations: { [pausedAnnotation]: '0' } } : metadata,
    spec: { scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name }, ...spec },
  }
}
