// Which Deployments need replicas that no autoscaler sets? One that was created and not started
// yet, and the new color of a blue-green rollout, which must have as many replicas as the old one.
// reconcile.ts performs the result.
import type { ChildObject, Deployment, OrderPipeline } from '../api/index.ts'
import { causeOf, dependencies, labelKeys, livePart, otherOwner, partsOf, startReplicas } from '../pipeline/index.ts'
import type { Blocked } from '../pipeline/index.ts'

export interface Start {
  readonly kind: 'start'
  readonly object: ChildObject
  readonly replicas: number
}

export function startsOf(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  desired: readonly ChildObject[],
  blocked: Blocked = new Map(),
): Start[] {
  const starts = unstarted(pipeline, children)
  const others = behind(pipeline, children, desired).filter(
    ({ object }) => !starts.some((start) => start.object.metadata.name === object.metadata.name),
  )
  return [...starts, ...others].filter(
    ({ object }) => !dependencies(object, pipeline).some((id) => causeOf(id, blocked)),
  )
}

/**
 * The autoscaler scales the active color only: replicas that it has added since the other color was
 * created, the other color needs too.
 */
function behind(pipeline: OrderPipeline, children: readonly ChildObject[], desired: readonly ChildObject[]): Start[] {
  return partsOf(pipeline.spec).flatMap(({ name }) => {
    const live = livePart(pipeline, name, children)
    const [current, candidate] = live.active === 'blue' ? [live.blue, live.green] : [live.green, live.blue]
    if (!current || !candidate || !isDesired(candidate, desired)) return []
    if (otherOwner(candidate, pipeline) !== undefined || otherOwner(current, pipeline) !== undefined) return []
    const replicas = current.spec.replicas ?? 0
    return (candidate.spec.replicas ?? 0) < replicas ? [{ kind: 'start', object: candidate, replicas }] : []
  })
}

function isDesired({ metadata }: Deployment, desired: readonly ChildObject[]): boolean {
  return (
    metadata.deletionTimestamp === undefined &&
    desired.some(({ kind, metadata: { name } }) => kind === 'Deployment' && name === metadata.name)
  )
}

/**
 * A Deployment whose spec is unchanged since its creation was not scaled either, by us, an
 * autoscaler or a person. Only the newer of blue and green can be starting.
 */
export function unstarted(pipeline: OrderPipeline, children: readonly ChildObject[]): Start[] {
  return children.flatMap((child) => {
    const { generation, deletionTimestamp, name } = child.metadata
    if (child.kind !== 'Deployment' || generation !== 1 || deletionTimestamp !== undefined) return []
    if (otherOwner(child, pipeline) !== undefined) return []
    if (children.some((other) => isTwin(other, child) && madeAt(other) > madeAt(child))) return []
    const replicas = startReplicas(pipeline, name, children)
    return replicas === undefined || replicas === child.spec.replicas
      ? []
      : [{ kind: 'start', object: child, replicas }]
  })
}

function stageOf({ metadata }: ChildObject): string | undefined {
  return metadata.labels?.[labelKeys.stage]
}
function madeAt({ metadata }: ChildObject): string {
  return metadata.creationTimestamp ?? ''
}
function isTwin(other: ChildObject, child: ChildObject): boolean {
  return other.kind === 'Deployment' && stageOf(other) === stageOf(child) && other.metadata.name !== child.metadata.name
}
