// What should exist for a pipeline? Every child object, whole, as it is asked for from the API server.
import type { ChildObject, KafkaTopic, OrderPipeline } from '../api/index.ts'
import { gatewayScaledObject, stageScaledObject } from './autoscalers.ts'
import { withFingerprint } from './fingerprint.ts'
import { kafkaTopics } from './topics.ts'
import { gatewayWorkload, stageWorkload, type WorkloadSettings } from './workloads.ts'

export interface DesiredSettings extends WorkloadSettings {
  /** What follows <service>.<namespace>. */
  readonly serviceDomain: string
}

/** `children` are those that exist now: an existing topic keeps its partitions unless the spec says otherwise. */
export const desired = (
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  settings: DesiredSettings,
): ChildObject[] => {
  const { gateway, stages } = pipeline.spec
  const existingTopics = children.filter((child) => child.kind === 'KafkaTopic')
  return [
    ...kafkaTopics(pipeline, existingTopics),
    ...(gateway ? gatewayWorkload(pipeline, gateway, settings) : []),
    ...stages.flatMap((stage) => stageWorkload(pipeline, stage, settings)),
    ...(gateway ? [gatewayScaledObject(pipeline, gateway)] : []),
    ...stages.map((stage) => stageScaledObject(pipeline, stage, settings.serviceDomain)),
  ].map(withFingerprint)
}

/**
 * What should exist once a pipeline is being deleted: nothing, but retained topics must lose an owner reference they may
 * still carry from a time when the policy was Delete, or the garbage collector takes them.
 */
export const desiredOfDeleted = (pipeline: OrderPipeline, children: readonly ChildObject[]): ChildObject[] => {
  if (pipeline.spec.deletionPolicy === 'Delete') return []
  const owned = children
    .filter((child): child is KafkaTopic => child.kind === 'KafkaTopic')
    .filter((topic) => topic.metadata.ownerReferences?.some(({ uid }) => uid === pipeline.metadata.uid))
  return kafkaTopics(pipeline, owned)
    .filter(({ metadata }) => owned.some((topic) => topic.metadata.name === metadata.name))
    .map(withFingerprint)
}

/** Replicas a new Deployment starts with instead of 1, since only its autoscaler says how many it has afterwards. */
export const startReplicas = (pipeline: OrderPipeline, deployment: string): number | undefined => {
  if (pipeline.spec.suspend) return 0
  const { gateway, stages } = pipeline.spec
  const part = deployment.slice(pipeline.metadata.name.length + 1)
  const scaling = part === 'gateway' ? gateway?.scaling : stages.find((stage) => stage.name === part)?.scaling
  return scaling && scaling.minReplicas > 1 ? scaling.minReplicas : undefined
}
