// How is a plan carried out? Kind by kind, a few objects at once; what fails is told as an outcome, so that the rest goes on.
import { type ChildObject, type OrderPipeline, resourceOf } from '../api/index.ts'
import { ApiError, ConnectionError, isConflict, NotLeaderError } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import { type Action, applyIfNeeded, type Failure, namespaceOf, otherOwner } from '../pipeline/index.ts'
import type { Start } from './start.ts'

export type Step = Action | Start

export interface Outcome {
  readonly action: Step
  readonly failure?: Failure
  readonly error?: unknown
}

const atOnce = 8

export interface Written {
  noteWritten(object: ChildObject): void
}

export const perform = async (
  kube: Kube,
  written: Written,
  actions: readonly Step[],
  pipeline: OrderPipeline,
): Promise<Outcome[]> => {
  const outcomes: Outcome[] = []
  for (const group of byKind(actions)) {
    const left = group.entries() // shared: whoever is free takes the next
    const results: Outcome[] = []
    const worker = async (): Promise<void> => {
      for (const [index, action] of left) results[index] = await attempt(kube, written, action, pipeline)
    }
    await Promise.all(Array.from({ length: Math.min(atOnce, group.length) }, worker))
    outcomes.push(...results)
  }
  return outcomes
}

const attempt = async (kube: Kube, written: Written, action: Step, pipeline: OrderPipeline): Promise<Outcome> => {
  const name = `${action.object.kind} ${action.object.metadata.name}`
  try {
    const owner = await carryOut(kube, written, action, pipeline)
    if (owner === undefined) return { action }
    return {
      action,
      failure: { reason: 'NotOwned', message: `${name} exists and is left alone, it belongs to ${owner}` },
    }
  } catch (error) {
    if (error instanceof NotLeaderError) throw error
    if (!(error instanceof ApiError) && !(error instanceof ConnectionError)) throw error
    return { action, error, failure: { reason: 'ApplyFailed', message: `${name}: ${error.message}` } }
  }
}

/** Returns who owns the object when it is not ours to touch. */
const carryOut = async (
  kube: Kube,
  written: Written,
  action: Step,
  pipeline: OrderPipeline,
): Promise<string | undefined> => {
  const { object } = action
  const resource = resourceOf(object.kind)
  switch (action.kind) {
    case 'refuse':
      return action.owner
    case 'delete':
      await kube.delete(resource, object)
      return undefined
    case 'start':
      await kube.scale(resource, namespaceOf(object), object.metadata.name, action.replicas)
      return undefined
    case 'apply':
      written.noteWritten((await kube.apply(resource, object)) as ChildObject)
      return undefined
    case 'create': {
      const made = await applyNew(kube, object)
      if (made) written.noteWritten(made)
      else return adopt(kube, written, object, pipeline)
      // Were replicas part of what is applied, leaving them out later would set them to 1. If we die before this line,
      // the next pass sees a Deployment that was never started (start.ts).
      if (action.startReplicas !== undefined)
        await kube.scale(resource, namespaceOf(object), object.metadata.name, action.startReplicas)
      return undefined
    }
  }
}

/** undefined when the name is taken. */
const applyNew = async (kube: Kube, object: ChildObject): Promise<ChildObject | undefined> => {
  try {
    return (await kube.applyNew(resourceOf(object.kind), object)) as ChildObject
  } catch (error) {
    if (isConflict(error)) return undefined
    throw error
  }
}

/** Not known to us is not the same as not there: it may be somebody else's, or the watch may be behind. */
const adopt = async (
  kube: Kube,
  written: Written,
  object: ChildObject,
  pipeline: OrderPipeline,
): Promise<string | undefined> => {
  const resource = resourceOf(object.kind)
  const live = (await kube.get(resource, namespaceOf(object), object.metadata.name)) as ChildObject | undefined
  if (!live) throw new ApiError(409, 'Conflict', 'its name was taken a moment ago')
  const owner = otherOwner(live, pipeline)
  if (owner !== undefined) return owner
  if (live.metadata.deletionTimestamp !== undefined) return undefined
  written.noteWritten(live)
  if (applyIfNeeded(object, live).length > 0) written.noteWritten((await kube.apply(resource, object)) as ChildObject)
  return undefined
}

const byKind = (actions: readonly Step[]): Step[][] => {
  const groups: Step[][] = []
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
