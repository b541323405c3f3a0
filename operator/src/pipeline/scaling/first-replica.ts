// Which stages at no replicas have messages that wait? KEDA notices them at its next poll, and
// KEDA's push needs a trigger whose failure would also stop the start on lag. So the operator
// starts the first replicas itself, as KEDA would; KEDA and its autoscaler go on from there.
import type { ChildObject, Deployment, OrderPipeline } from '../../api/index.ts'
import type { FlowDecision } from './flow-decision.ts'
import { livePart, scaledObjectOf } from '../children/live.ts'
import { keyOf } from '../children/names.ts'

export interface FirstReplicas {
  /** `namespace/name` */
  readonly pipeline: string
  readonly stage: string
  /** As it was read; a later version must not be scaled. */
  readonly deployment: Deployment
  readonly replicas: number
}

/** KEDA's annotations that keep it from scaling: paused, paused-replicas, paused-scale-out. */
const pausedPrefix = 'autoscaling.keda.sh/paused'

/** Stages on flow that may have no replicas, have none, and are not paused. */
export function stagesAtZero(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
): Omit<FirstReplicas, 'replicas'>[] {
  const { spec, metadata } = pipeline
  if (spec.suspend || metadata.deletionTimestamp !== undefined) return []
  return spec.stages.flatMap(({ name, scaling }) => {
    if (scaling.policy !== 'Flow' || scaling.minReplicas > 0) return []
    const live = livePart(pipeline, name, children)
    const deployment = live[live.active]
    const scaledObject = scaledObjectOf(pipeline, name, children)
    if (deployment?.spec.replicas !== 0 || !scaledObject || isPaused(scaledObject.metadata.annotations)) return []
    return [{ pipeline: keyOf(pipeline), stage: name, deployment }]
  })
}

/** Those of these stages whose messages wait. */
export function firstReplicas(
  atZero: readonly Omit<FirstReplicas, 'replicas'>[],
  decisionOf: (stage: string) => FlowDecision | undefined,
): FirstReplicas[] {
  return atZero.flatMap((one) => {
    const decision = decisionOf(one.stage)
    return decision && decision.lag > 0 ? [{ ...one, replicas: Math.max(1, decision.replicas) }] : []
  })
}

function isPaused(annotations: Readonly<Record<string, string>> = {}): boolean {
  return Object.entries(annotations).some(([name, value]) => name.startsWith(pausedPrefix) && value !== 'false')
}
