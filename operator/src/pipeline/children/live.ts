// Which of the existing children are those of one part, and how many partitions does a topic have?
// Objects of other owners that carry our labels are not children.
import type { ChildKind, ChildObject, KafkaTopic, OrderPipeline, ScaledObject } from '../../api/index.ts'
import type { ExternalTopics } from './external-topics-state.ts'
import { deploymentName, gatewayName, labelKeys, topicName, versionAnnotations, workloadName } from './names.ts'
import type { Color } from './names.ts'
import { otherOwner } from './ownership.ts'
import type { LivePart } from './part-versions.ts'

/**
 * The autoscaler says which color is active, because a blue-green rollout changes the Deployment it
 * points at. Where the autoscaler is missing, the annotation on the Deployment says it, else the
 * Service, else the color that exists.
 */
export function livePart(pipeline: OrderPipeline, part: string, children: readonly ChildObject[]): LivePart {
  const name = pipeline.metadata.name
  const blue = own('Deployment', deploymentName(name, part, 'blue'), pipeline, children)
  const green = own('Deployment', deploymentName(name, part, 'green'), pipeline, children)
  return { active: activeColor(pipeline, part, children, { blue, green }), blue, green }
}

function activeColor(
  pipeline: OrderPipeline,
  part: string,
  children: readonly ChildObject[],
  { blue, green }: Omit<LivePart, 'active'>,
): Color {
  if (!green) return 'blue'
  const target = scaledObjectOf(pipeline, part, children)?.spec.scaleTargetRef.name
  if (target !== undefined) return target === green.metadata.name ? 'green' : 'blue'
  if (green.metadata.annotations?.[versionAnnotations.active] !== undefined) return 'green'
  return !blue || selectedColor(pipeline, part, children) === 'green' ? 'green' : 'blue'
}

/** The color the gateway's Service sends requests to. */
function selectedColor(pipeline: OrderPipeline, part: string, children: readonly ChildObject[]): string | undefined {
  const name = workloadName(pipeline.metadata.name, gatewayName)
  const service = own('Service', name, pipeline, children)
  return part === gatewayName ? service?.spec.selector?.[labelKeys.color] : undefined
}

export function scaledObjectOf(
  pipeline: OrderPipeline,
  part: string,
  children: readonly ChildObject[],
): ScaledObject | undefined {
  return own('ScaledObject', workloadName(pipeline.metadata.name, part), pipeline, children)
}

export function kafkaTopicNamed(
  pipeline: OrderPipeline,
  name: string,
  children: readonly ChildObject[],
): KafkaTopic | undefined {
  return own('KafkaTopic', name, pipeline, children)
}

/** Partitions of a topic, from Kafka or from the KafkaTopic's spec; undefined while unknown. */
export function livePartitions(
  pipeline: OrderPipeline,
  topic: string,
  children: readonly ChildObject[],
  external: ExternalTopics | undefined,
): number | undefined {
  const name = topicName(pipeline.metadata.name, topic)
  const live = kafkaTopicNamed(pipeline, name, children)
  return live ? live.spec.partitions : external?.partitions.get(name)
}

function own<K extends ChildKind>(
  kind: K,
  name: string,
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
): Extract<ChildObject, { kind: K }> | undefined {
  const child = children.find((one) => one.kind === kind && one.metadata.name === name)
  return child && otherOwner(child, pipeline) === undefined ? (child as Extract<ChildObject, { kind: K }>) : undefined
}
