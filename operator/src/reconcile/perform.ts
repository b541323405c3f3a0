// How does a reconcile carry out its plan? It writes to the API server, kind by kind, up to eight
// objects at once. A failed write is returned as an outcome, so that the other actions go on. Lost
// leadership and unknown errors are thrown.
import { resourceOf } from '../api/index.ts'
import type { ChildObject, OrderPipeline } from '../api/index.ts'
import { ApiError, ConnectionError, isConflict, NotLeaderError } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import {
  gate,
  keyOf,
  labelKeys,
  managedBy,
  namespaceOf,
  otherOwner,
  pipelineKeyOf,
  refusal,
} from '../pipeline/index.ts'
import type { Action, Cause, Failure, Gate } from '../pipeline/index.ts'
import type { Start } from './start.ts'

export type ReconcileStep = Action | Start

export interface ActionOutcome {
  readonly action: ReconcileStep
  readonly failure?: Failure
  /** Present if the object belongs to another owner, who is named here; it is not changed. */
  readonly owner?: string
  /** Present if nothing was done, because something that the object needs is blocked. */
  readonly deferredBy?: Cause
  readonly error?: unknown
}

const maxParallel = 8

export interface WriteRecorder {
  recordWrite(object: ChildObject): void
}

export async function perform(
  kube: Kube,
  cache: WriteRecorder,
  actions: readonly ReconcileStep[],
  pipeline: OrderPipeline,
): Promise<ActionOutcome[]> {
  const outcomes: ActionOutcome[] = []
  // The plan was checked against the cache. An object of another owner without our labels is not in
  // the cache: it is discovered only when a create finds its name in use. Therefore the objects
  // that depend on it are checked again here.
  const guard = gate(pipeline)
  for (const group of groupsByKind(actions)) {
    const remaining = group.entries() // shared: a free worker takes the next
    const results: ActionOutcome[] = []
    const worker = async (): Promise<void> => {
      for (const [index, action] of remaining) results[index] = await attempt(kube, cache, action, pipeline, guard)
    }
    await Promise.all(Array.from({ length: Math.min(maxParallel, group.length) }, worker))
    outcomes.push(...results)
  }
  return outcomes
}

async function attempt(
  kube: Kube,
  cache: WriteRecorder,
  action: ReconcileStep,
  pipeline: OrderPipeline,
  guard: Gate,
): Promise<ActionOutcome> {
  const { object } = action
  const name = `${object.kind} ${object.metadata.name}`
  const deferredBy = deferralCause(action, guard)
  if (deferredBy) {
    guard.block(object, deferredBy)
    return { action, deferredBy }
  }
  try {
    const owner = await carryOut(kube, cache, action, pipeline)
    if (owner === undefined) return { action }
    guard.block(object, refusal(object))
    return {
      action,
      owner,
      failure: { reason: 'NotOwned', message: `${name} exists and is not changed, because it belongs to ${owner}` },
    }
  } catch (error) {
    if (error instanceof NotLeaderError) throw error
    if (!(error instanceof ApiError) && !(error instanceof ConnectionError)) throw error
    if (action.kind === 'create') guard.block(object, { reason: 'ApplyFailed', what: name })
    return { action, error, failure: { reason: 'ApplyFailed', message: `${name}: ${error.message}` } }
  }
}

/**
 * Why the action must wait. An action that deletes or releases an object never waits, nor does one
 * that reports a refusal.
 */
function deferralCause(action: ReconcileStep, guard: Gate): Cause | undefined {
  switch (action.kind) {
    case 'hold':
      return action.cause
    case 'create':
    case 'apply':
    case 'start':
      return guard.causeFor(action.object)
    case 'refuse':
    case 'delete':
    case 'release':
      return undefined
  }
}

/** Returns the owner of the object if that is not this pipeline: then the object is unchanged. */
async function carryOut(
  kube: Kube,
  cache: WriteRecorder,
  action: ReconcileStep,
  pipeline: OrderPipeline,
): Promise<string | undefined> {
  const { object } = action
  const resource = resourceOf(object.kind)
  switch (action.kind) {
    case 'hold':
      return undefined
    case 'refuse':
      return action.owner
    case 'delete':
      await kube.delete(resource, object)
      return undefined
    case 'release':
      cache.recordWrite(await release(kube, object, pipeline))
      return undefined
    case 'start':
      // Only at the observed version, since an autoscaler or a user may have scaled the Deployment
      // meanwhile. In that case the watch delivers the change, which requeues the pipeline.
      await ignoreConflict(kube.scale(resource, namespaceOf(object), object.metadata.name, action.replicas, object))
      return undefined
    case 'apply':
      cache.recordWrite((await kube.apply(resource, object)) as ChildObject)
      return undefined
    case 'create': {
      const createdObject = await applyNew(kube, object)
      if (createdObject) cache.recordWrite(createdObject)
      else return adopt(kube, cache, object, pipeline)
      // Replicas are not a part of what is applied: a later apply without them would set them to 1.
      // If the operator ends before this line, its next reconcile observes a Deployment that was
      // never started (start.ts).
      if (action.startReplicas !== undefined)
        await kube.scale(resource, namespaceOf(object), object.metadata.name, action.startReplicas)
      return undefined
    }
  }
}

/** Removes the pipeline's owner reference, so that the object outlives the pipeline. */
export async function release(kube: Kube, object: ChildObject, pipeline: OrderPipeline): Promise<ChildObject> {
  const { ownerReferences = [] } = object.metadata
  const others = ownerReferences.filter(({ uid }) => uid !== pipeline.metadata.uid)
  return (await kube.setOwnerReferences(resourceOf(object.kind), object, others)) as ChildObject
}

async function ignoreConflict(write: Promise<void>): Promise<void> {
  try {
    await write
  } catch (error) {
    if (!isConflict(error)) throw error
  }
}

/** Creates the object; undefined if another object has its name. */
async function applyNew(kube: Kube, object: ChildObject): Promise<ChildObject | undefined> {
  try {
    return (await kube.applyNew(resourceOf(object.kind), object)) as ChildObject
  } catch (error) {
    if (isConflict(error)) return undefined
    throw error
  }
}

/**
 * Handles a create whose name is in use although the object is not in the cache: it belongs to
 * another owner, or the watch lags. An object of this pipeline is not applied here, because it was
 * planned without its live state, and a topic could grow by mistake. It is recorded in the cache,
 * and the next reconcile plans it again. Only missing labels are restored at once, because without
 * them no watch would deliver the object. Returns the other owner, if there is one.
 */
async function adopt(
  kube: Kube,
  cache: WriteRecorder,
  object: ChildObject,
  pipeline: OrderPipeline,
): Promise<string | undefined> {
  const resource = resourceOf(object.kind)
  const live = (await kube.get(resource, namespaceOf(object), object.metadata.name)) as ChildObject | undefined
  if (!live) throw new ApiError(409, 'Conflict', 'another object took its name a moment ago')
  const owner = otherOwner(live, pipeline)
  if (owner !== undefined) return owner
  if (live.metadata.deletionTimestamp !== undefined) return undefined
  const isLabelled =
    pipelineKeyOf(live) === keyOf(pipeline) && live.metadata.labels?.[labelKeys.managedBy] === managedBy
  cache.recordWrite(isLabelled ? live : ((await kube.apply(resource, withLivePartitions(object, live))) as ChildObject))
  return undefined
}

/** A topic keeps its partitions here: only a reconcile that has its live state may add some. */
function withLivePartitions(object: ChildObject, live: ChildObject): ChildObject {
  if (object.kind !== 'KafkaTopic' || live.kind !== 'KafkaTopic' || live.spec.partitions === undefined) return object
  return { ...object, spec: { ...object.spec, partitions: live.spec.partitions } }
}

function groupsByKind(actions: readonly ReconcileStep[]): ReconcileStep[][] {
  const groups: ReconcileStep[][] = []
  for (const action of actions) {
    const last = groups.at(-1)
    const same =
      last?.[0] &&
      last[0].object.kind === action.object.kind &&
      (last[0].kind === 'delete') === (action.kind === 'delete')
    if (last && same) last.push(action)
    else groups.push([action])
  }
  return groups
}
