// Which of the children that exist are those of one part, and how is a topic now?
import type { ChildObject, Deployment, OrderPipeline, ScaledObject } from '../api/index.ts'
import type { ExternalTopics } from './external-topics.ts'
import { deploymentName, topicName, workloadName } from './names.ts'
import type { LivePart } from './rollout.ts'

/** The autoscaler says which color is active: that it points at a Deployment is what a change-over changes. */
export const livePart = (pipeline: OrderPipeline, part: string, children: readonly ChildObject[]): LivePart => {
  const name = pipeline.metadata.name
  const green = deploymentNamed(deploymentName(name, part, 'green'), children)
  const target = scaledObjectOf(pipeline, part, children)?.spec.scaleTargetRef.name
  return {
    active: green && target === green.metadata.name ? 'green' : 'blue',
    blue: deploymentNamed(deploymentName(name, part, 'blue'), children),
    green,
  }
}

export const scaledObjectOf = (
  pipeline: OrderPipeline,
  part: string,
  children: readonly ChildObject[],
): ScaledObject | undefined => {
  const name = workloadName(pipeline.metadata.name, part)
  return children.find((child): child is ScaledObject => child.kind === 'ScaledObject' && child.metadata.name === name)
}

/** Partitions of a topic as it is, in Kafka or as the Topic Operator is told; undefined while unknown. */
export const livePartitions = (
  pipeline: OrderPipeline,
  topic: string,
  children: readonly ChildObject[],
  external: ExternalTopics | undefined,
): number | undefined => {
  const name = topicName(pipeline.metadata.name, topic)
  const live = children.find((child) => child.kind === 'KafkaTopic' && child.metadata.name === name)
  return live?.kind === 'KafkaTopic' ? live.spec.partitions : external?.partitions.get(name)
}

const deploymentNamed = (name: string, children: readonly ChildObject[]): Deployment | undefined =>
  children.find((child): child is Deployment => child.kind === 'Deployment' && child.metadata.name === name)
