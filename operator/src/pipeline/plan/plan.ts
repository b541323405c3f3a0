// Which actions lead from the live objects to the desired state? As data, in a safe order.
import { childResources } from '../../api/index.ts'
import type { ChildObject, OrderPipeline } from '../../api/index.ts'
import { gate } from './dependencies.ts'
import type { Blocked, Cause, Gate } from './dependencies.ts'
import { startReplicas } from '../desired/desired.ts'
import { drift } from './drift.ts'
import { fingerprintAnnotation, identity } from '../children/names.ts'
import { mayBeDeleted, mustBeReleased, otherOwner } from '../children/ownership.ts'

export type Action =
  | { readonly kind: 'create'; readonly object: ChildObject; readonly startReplicas?: number }
  | {
      readonly kind: 'apply'
      readonly object: ChildObject
      readonly because: string
      /** Paths that another client changed; absent when the desired object itself has changed. */
      readonly drifted?: readonly string[]
    }
  | { readonly kind: 'delete'; readonly object: ChildObject }
  /** The pipeline's owner reference is removed, so that the object outlives it. */
  | { readonly kind: 'release'; readonly object: ChildObject }
  /** The object of that name has another owner: it is not touched, and the status reports it. */
  | { readonly kind: 'refuse'; readonly object: ChildObject; readonly owner: string }
  /** An object that this one needs is refused: this one is neither created nor changed. */
  | { readonly kind: 'hold'; readonly object: ChildObject; readonly cause: Cause }

/**
 * Children that already equal the desired state give no action: a settled pipeline costs no write.
 * `blocked`: what must not be depended on, besides objects of other owners. `foreignOwners`: owners
 * of objects that are not among the children, by identity.
 */
export function plan(
  desired: readonly ChildObject[],
  children: readonly ChildObject[],
  pipeline: OrderPipeline,
  blocked: Blocked = new Map(),
  foreignOwners: ReadonlyMap<string, string> = new Map(),
): Action[] {
  const existing = new Map(children.map((child) => [identity(child), child]))
  const wantedIds = new Set(desired.map(identity))
  const gated = gate(pipeline, blocked)
  const writes = [...desired]
    .sort((a, b) => rank(a) - rank(b))
    .flatMap((object) => {
      const live = existing.get(identity(object))
      const owner = live ? otherOwner(live, pipeline) : foreignOwners.get(identity(object))
      const refuseAction = owner === undefined ? undefined : ({ kind: 'refuse', object, owner } as const)
      return gateActions(refuseAction ? [refuseAction] : write(object, live, children, pipeline), object, gated)
    })
  const writtenIds = new Set(writes.map(({ object }) => identity(object)))
  const releases = children
    .filter((child) => mustBeReleased(child, pipeline) && !writtenIds.has(identity(child)))
    .map((object): Action => ({ kind: 'release', object }))
  const deletes = children
    .filter((child) => !wantedIds.has(identity(child)) && !isGoing(child) && mayBeDeleted(child, pipeline))
    .sort((a, b) => rank(b) - rank(a))
    .map((object): Action => ({ kind: 'delete', object }))
  return [...writes, ...releases, ...deletes]
}

/**
 * What depends on a refused object is held. An object without an action is only remembered, for the
 * objects that depend on it.
 */
function gateActions(actions: readonly Action[], object: ChildObject, gated: Gate): readonly Action[] {
  if (actions.some(({ kind }) => kind === 'refuse')) {
    gated.block(object, refusal(object))
    return actions
  }
  const cause = gated.causeFor(object)
  return cause ? actions.map((): Action => ({ kind: 'hold', object, cause })) : actions
}

export function refusal(object: ChildObject): Cause {
  return {
    reason: 'NotOwned',
    what: `${object.kind} ${object.metadata.name}`,
  }
}

function write(
  object: ChildObject,
  live: ChildObject | undefined,
  children: readonly ChildObject[],
  pipeline: OrderPipeline,
): Action[] {
  if (!live) {
    const replicas = object.kind === 'Deployment' ? startReplicas(pipeline, object.metadata.name, children) : undefined
    return [{ kind: 'create', object, ...(replicas === undefined ? {} : { startReplicas: replicas }) }]
  }
  if (isGoing(live)) return [] // created again after its deletion has ended
  return applyIfNeeded(object, live)
}

function applyIfNeeded(object: ChildObject, live: ChildObject): Action[] {
  const fingerprint = object.metadata.annotations?.[fingerprintAnnotation]
  if (live.metadata.annotations?.[fingerprintAnnotation] !== fingerprint)
    return [{ kind: 'apply', object, because: 'changed' }]
  const drifted = drift(object, live)
  return drifted.length === 0 ? [] : [{ kind: 'apply', object, because: `drifted at ${drifted.join(', ')}`, drifted }]
}

function isGoing({ metadata }: ChildObject): boolean {
  return metadata.deletionTimestamp !== undefined
}

/**
 * Objects are created in the order of childResources and deleted in the reverse order: the
 * autoscaler before what it scales.
 */
function rank(object: ChildObject): number {
  return childResources.findIndex(({ kind }) => kind === object.kind)
}
