// What has to be done to get from what exists to what should? Actions as data, in the order they are safe to do.
import { childResources, type ChildObject, type OrderPipeline } from '../api/index.ts'
import { startReplicas } from './desired.ts'
import { drift } from './drift.ts'
import { fingerprintAnnotation } from './names.ts'
import { otherOwner } from './ownership.ts'

export type Action =
  | { readonly kind: 'create'; readonly object: ChildObject; readonly startReplicas?: number }
  | { readonly kind: 'apply'; readonly object: ChildObject; readonly because: string }
  | { readonly kind: 'delete'; readonly object: ChildObject }
  /** The name is somebody else's: nothing is done, and the status says so. */
  | { readonly kind: 'refuse'; readonly object: ChildObject; readonly owner: string }

/** Children that exist and are asked for unchanged give no action: a settled pipeline costs no write. */
export const plan = (
  wanted: readonly ChildObject[],
  children: readonly ChildObject[],
  pipeline: OrderPipeline,
): Action[] => {
  const existing = new Map(children.map((child) => [identity(child), child]))
  const wantedIds = new Set(wanted.map(identity))
  const writes = wanted.flatMap((object) => write(object, existing.get(identity(object)), children, pipeline))
  const deletes = children
    .filter((child) => !wantedIds.has(identity(child)) && mayGo(child, pipeline))
    .map((object): Action => ({ kind: 'delete', object }))
  return [...inOrder(writes), ...inOrder(deletes).reverse()]
}

const write = (
  object: ChildObject,
  live: ChildObject | undefined,
  children: readonly ChildObject[],
  pipeline: OrderPipeline,
): Action[] => {
  if (!live) {
    const replicas = object.kind === 'Deployment' ? startReplicas(pipeline, object.metadata.name, children) : undefined
    return [{ kind: 'create', object, ...(replicas === undefined ? {} : { startReplicas: replicas }) }]
  }
  const owner = otherOwner(live, pipeline)
  if (owner !== undefined) return [{ kind: 'refuse', object, owner }]
  if (live.metadata.deletionTimestamp !== undefined) return [] // made again when it is gone
  return applyIfNeeded(object, live)
}

/** Also used when a create finds its object there already. */
export const applyIfNeeded = (object: ChildObject, live: ChildObject): Action[] => {
  const asked = object.metadata.annotations?.[fingerprintAnnotation]
  if (live.metadata.annotations?.[fingerprintAnnotation] !== asked)
    return [{ kind: 'apply', object, because: 'changed' }]
  const drifted = drift(object, live)
  return drifted.length === 0 ? [] : [{ kind: 'apply', object, because: `drifted at ${drifted.join(', ')}` }]
}

const mayGo = (child: ChildObject, pipeline: OrderPipeline): boolean => {
  if (child.metadata.deletionTimestamp !== undefined || otherOwner(child, pipeline) !== undefined) return false
  return child.kind !== 'KafkaTopic' || pipeline.spec.deletionPolicy === 'Delete'
}

export const identity = ({ kind, metadata }: ChildObject): string => `${kind}/${metadata.name}`

/** Made in the order of childResources, unmade in the reverse: the autoscaler goes before what it scales. */
const inOrder = (actions: readonly Action[]): Action[] => {
  const rank = ({ object }: Action): number => childResources.findIndex(({ kind }) => kind === object.kind)
  return [...actions].sort((a, b) => rank(a) - rank(b))
}
