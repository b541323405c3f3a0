// Was a Deployment left at one replica because we died between making it and starting it? Its generation tells.
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import { labelKeys, otherOwner, startReplicas } from '../pipeline/index.ts'

export interface Start {
  readonly kind: 'start'
  readonly object: ChildObject
  readonly replicas: number
}

/**
 * One whose spec nobody has changed since it was made was not scaled either, by us, an autoscaler or a person. Of a blue and a
 * green one only the newer can be on its way in.
 */
export const unstarted = (pipeline: OrderPipeline, children: readonly ChildObject[]): Start[] =>
  children.flatMap((child) => {
    const { generation, deletionTimestamp, name } = child.metadata
    if (child.kind !== 'Deployment' || generation !== 1 || deletionTimestamp !== undefined) return []
    if (otherOwner(child, pipeline) !== undefined) return []
    if (children.some((other) => isTwin(other, child) && madeAt(other) > madeAt(child))) return []
    const replicas = startReplicas(pipeline, name, children)
    return replicas === undefined || replicas === child.spec.replicas
      ? []
      : [{ kind: 'start', object: child, replicas }]
  })

const stageOf = ({ metadata }: ChildObject): string | undefined => metadata.labels?.[labelKeys.stage]
const madeAt = ({ metadata }: ChildObject): string => metadata.creationTimestamp ?? ''
const isTwin = (other: ChildObject, child: ChildObject): boolean =>
  other.kind === 'Deployment' && stageOf(other) === stageOf(child) && other.metadata.name !== child.metadata.name
