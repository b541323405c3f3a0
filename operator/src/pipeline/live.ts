// Which of the children that exist are those of one part?
import type { ChildObject, Deployment, OrderPipeline, ScaledObject } from '../api/index.ts'
import { deploymentName, workloadName } from './names.ts'
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

const deploymentNamed = (name: string, children: readonly ChildObject[]): Deployment | undefined =>
  children.find((child): child is Deployment => child.kind === 'Deployment' && child.metadata.name === name)
