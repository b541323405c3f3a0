// What should exist for a pipeline? Every child object, whole, as it is asked for from the API server.
import type { ChildObject, KafkaTopic, LagFigures, OrderPipeline } from '../api/index.ts'
import { type AutoscalerSettings, gatewayScaledObject, stageScaledObject } from './autoscalers.ts'
import { withFingerprint } from './fingerprint.ts'
import { triggerAuthentication } from './kafka-connection.ts'
import { livePart } from './live.ts'
import { colors, deploymentName, gatewayName } from './names.ts'
import { partsOf } from './parts.ts'
import { suspensionOf } from './suspension.ts'
import { kafkaTopics } from './topics.ts'
import { gatewayWorkload, stageWorkload, type WorkloadSettings } from './workloads.ts'

export interface DesiredSettings extends WorkloadSettings, AutoscalerSettings {}

/**
 * `children` are those that exist now: an existing topic keeps its partitions unless the spec says otherwise, a version that was
 * ready is kept until the next one is, and what is suspended stops when it is drained, as `lag` says by stage.
 */
export const desired = (
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  settings: DesiredSettings,
  lag: ReadonlyMap<string, LagFigures> = new Map(),
): ChildObject[] => {
  const { gateway, stages } = pipeline.spec
  const suspension = suspensionOf(pipeline, children, lag)
  const authentication = triggerAuthentication(pipeline)
  const entrance = gateway && gatewayWorkload(pipeline, gateway, livePart(pipeline, gatewayName, children), settings)
  const consumers = stages.map((stage) => ({
    stage,
    workload: stageWorkload(pipeline, stage, livePart(pipeline, stage.name, children), settings),
  }))
  return [
    ...kafkaTopics(
      pipeline,
      children.filter((child) => child.kind === 'KafkaTopic'),
    ),
    ...(entrance?.objects ?? []),
    ...consumers.flatMap(({ workload }) => workload.objects),
    ...(authentication ? [authentication] : []),
    ...(gateway && entrance
      ? [gatewayScaledObject(pipeline, gateway, { target: entrance.active, paused: suspension !== undefined })]
      : []),
    ...consumers.map(({ stage, workload }) =>
      stageScaledObject(pipeline, stage, { target: workload.active, paused: suspension === 'stopped' }, settings),
    ),
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

/**
 * Replicas a new Deployment starts with instead of 1, since only its autoscaler says how many it has afterwards: as many as the
 * one it is to replace, or the least.
 */
export const startReplicas = (
  pipeline: OrderPipeline,
  deployment: string,
  children: readonly ChildObject[],
): number | undefined => {
  if (pipeline.spec.suspend) return 0
  for (const { name, scaling } of partsOf(pipeline.spec)) {
    const color = colors.find((one) => deployment === deploymentName(pipeline.metadata.name, name, one))
    if (!color) continue
    const { blue, green } = livePart(pipeline, name, children)
    const replicas = (color === 'blue' ? green : blue)?.spec.replicas ?? scaling.minReplicas
    return replicas === 1 ? undefined : replicas
  }
  return undefined
}
