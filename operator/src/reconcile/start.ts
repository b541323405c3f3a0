// Was a Deployment left at one replica because we died between making it and starting it? Its generation tells.
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import { otherOwner, startReplicas } from '../pipeline/index.ts'

export interface Start {
  readonly kind: 'start'
  readonly object: ChildObject
  readonly replicas: number
}

/** One whose spec nobody has changed since it was made was not scaled either, by us, an autoscaler or a person. */
export const unstarted = (pipeline: OrderPipeline, children: readonly ChildObject[]): Start[] =>
  children.flatMap((child) => {
    const { generation, deletionTimestamp, name } = child.metadata
    if (child.kind !== 'Deployment' || generation !== 1 || deletionTimestamp !== undefined) return []
    if (otherOwner(child, pipeline) !== undefined) return []
    const replicas = startReplicas(pipeline, name)
    return replicas === undefined || replicas === child.spec.replicas
      ? []
      : [{ kind: 'start', object: child, replicas }]
  })
