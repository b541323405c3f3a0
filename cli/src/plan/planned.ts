// What would the operator make of a pipeline, and what would that change? Decided by the operator's
// own code.
import type { ChildObject, LagFigures, OrderPipeline } from '@orderpipeline/operator/api'
import { desired, fieldManager, fingerprintAnnotation, identity, plan } from '@orderpipeline/operator/pipeline'
import type { DesiredSettings } from '@orderpipeline/operator/pipeline'
import { changesTo, differences } from './differences.ts'
import type { Difference } from './differences.ts'

/** What there is in the cluster. */
export interface Live {
  readonly pipeline: OrderPipeline | undefined
  readonly children: readonly ChildObject[]
}

export interface PlannedStep {
  readonly action: 'create' | 'change' | 'delete' | 'refuse' | 'hold'
  readonly kind: string
  readonly name: string
  readonly differences: readonly Difference[]
  /** Why there is a step though nothing differs, or who has the name. */
  readonly note?: string
}

export interface Planned {
  readonly objects: readonly ChildObject[]
  /** Absent where no cluster was looked at. */
  readonly steps?: readonly PlannedStep[]
  readonly unchanged?: number
}

/** A pipeline that does not exist has no uid, and its objects cannot know whose they will be. */
const futureUid = 'known-once-the-pipeline-exists'

export function planned(pipeline: OrderPipeline, live: Live | undefined, settings: DesiredSettings): Planned {
  const { uid, generation } = live?.pipeline?.metadata ?? {}
  const subject: OrderPipeline = {
    ...pipeline,
    metadata: { ...pipeline.metadata, uid: uid ?? futureUid, ...(generation === undefined ? {} : { generation }) },
    // Says which services image it runs with, and since when it has been draining.
    ...(live?.pipeline?.status ? { status: live.pipeline.status } : {}),
  }
  const children = live?.children ?? []
  const desiredObjects = desired(subject, children, settings, lagOf(live?.pipeline))
  const objects = uid === undefined ? desiredObjects.map(withoutFingerprint) : desiredObjects
  if (!live) return { objects }
  const actions = plan(desiredObjects, children, subject)
  const steps = actions.map((action) => stepOf(action, children))
  const desiredIds = new Set(desiredObjects.map(identity))
  const writtenCount = new Set(actions.map(({ object }) => identity(object)).filter((id) => desiredIds.has(id))).size
  return {
    objects,
    steps: [...pipelineStep(pipeline, live.pipeline), ...steps],
    unchanged: desiredObjects.length - writtenCount,
  }
}

type Action = ReturnType<typeof plan>[number]

function stepOf(action: Action, children: readonly ChildObject[]): PlannedStep {
  const { kind, metadata } = action.object
  const what = { kind, name: metadata.name, differences: [] }
  switch (action.kind) {
    case 'create':
      return { action: 'create', ...what }
    case 'delete':
      return { action: 'delete', ...what }
    case 'refuse':
      return { action: 'refuse', ...what, note: `it belongs to ${action.owner} and is not changed` }
    case 'hold':
      return { action: 'hold', ...what, note: `neither created nor changed because of ${action.cause.what}` }
    case 'release':
      return { action: 'change', ...what, note: 'it is retained: the deletion of the pipeline will not delete it' }
    case 'apply': {
      const live = children.find((child) => identity(child) === identity(action.object))
      const changes = changesTo(live, action.object, fieldManager)
      const drifted = action.because.startsWith('drifted')
      const note =
        changes.length === 0
          ? 'only annotations of the operator'
          : 'another writer changed it; the operator restores it'
      return {
        action: 'change',
        ...what,
        differences: changes,
        ...(drifted || changes.length === 0 ? { note } : {}),
      }
    }
  }
}

function pipelineStep(pipeline: OrderPipeline, live: OrderPipeline | undefined): PlannedStep[] {
  const what = { kind: pipeline.kind, name: pipeline.metadata.name }
  if (!live) return [{ action: 'create', ...what, differences: [] }]
  const changes = differences(live.spec, pipeline.spec, 'spec')
  return changes.length === 0 ? [] : [{ action: 'change', ...what, differences: changes }]
}

/** The lag that a suspended pipeline still has to drain, as far as its status says. */
function lagOf(pipeline: OrderPipeline | undefined): ReadonlyMap<string, LagFigures> {
  return new Map((pipeline?.status?.stages ?? []).map((stage) => [stage.name, stage]))
}

function withoutFingerprint(object: ChildObject): ChildObject {
  const { [fingerprintAnnotation]: _mark, ...annotations } = object.metadata.annotations ?? {}
  const { annotations: _all, ...metadata } = object.metadata
  return {
    ...object,
    metadata: Object.keys(annotations).length > 0 ? { ...metadata, annotations } : metadata,
  }
}
