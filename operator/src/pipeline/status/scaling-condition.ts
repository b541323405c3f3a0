// Is every part scaled, and can it reach its maximum?
import type { ConditionResult, ConditionsStatus, KubeObject } from '../../api/index.ts'
import { holds, fails, absentKind, list } from './condition-results.ts'
import { scaledOn } from '../scaling/flow-fallback.ts'
import { livePartitions, scaledObjectOf } from '../children/live.ts'
import { workloadName } from '../children/names.ts'
import { partsOf } from '../children/parts.ts'
import type { PipelineObservation } from './pipeline-observation.ts'
import { plainly } from '../rollout/pod-trouble.ts'
import { suspensionOf } from '../desired/suspension.ts'
import { partitionsOf, reachOf } from '../kafka/topics.ts'

export function scalingReady(observation: PipelineObservation): ConditionResult {
  const { pipeline, children, topics, lag } = observation
  const missing = absentKind(observation, 'ScaledObject')
  if (missing) return missing
  const waiting = partsOf(pipeline.spec).flatMap(({ name }) =>
    notReady(scaledObjectOf(pipeline, name, children), workloadName(pipeline.metadata.name, name)),
  )
  if (waiting.length > 0) return fails('ScaledObjectsNotReady', list(waiting))
  if (suspensionOf(pipeline, children, lag) === 'stopped')
    return holds('Suspended', 'spec.suspend is true: every autoscaler is paused')
  const on = scaledOn(pipeline, children)
  const onLag = on.flatMap(({ stage, why }) => (why ? `stage ${stage} is scaled on lag for now, because ${why}` : []))
  const short = unreachable({ pipeline, children, topics })
  if (onLag.length > 0) return holds('ScaledOnLag', list([...onLag, ...short]))
  if (short.length > 0) return holds('MaximumUnreachable', list(short))
  const onFlow =
    on.length === 0
      ? ''
      : `; on flow: ${list(
          on.map(({ stage }) => stage),
          ', ',
        )}`
  return holds('AllReady', `every stage and the gateway are scaled${onFlow}`)
}

/**
 * Topics that were created for fewer replicas than the spec now allows. The operator does not grow
 * them unless the spec says so, so the maximum cannot be reached.
 */
function unreachable({
  pipeline,
  children,
  topics,
}: Pick<PipelineObservation, 'pipeline' | 'children' | 'topics'>): string[] {
  return pipeline.spec.stages.flatMap((stage) => {
    const counts = stage.consumes.map(({ topic }) => livePartitions(pipeline, topic, children, topics))
    if (counts.includes(undefined)) return []
    const partitions = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
    const { maxReplicas } = stage.scaling
    const neededPartitions = partitionsOf(stage.scaling)
    if (partitions >= neededPartitions) return []
    const [first] = stage.consumes
    const largerCount = (counts[0] ?? 0) + neededPartitions - partitions
    const has =
      stage.consumes.length === 1
        ? `topic ${first?.topic} has ${partitions} partitions and needs ${neededPartitions}; set partitions: ${largerCount}`
        : `its topics have ${partitions} partitions in all and need ${neededPartitions}; set partitions: ${largerCount} of topic ${first?.topic}`
    return `stage ${stage.name} reaches about ${reachOf(stage.scaling, partitions)} of ${maxReplicas} replicas: ${has} to grow it, which moves keys to other partitions`
  })
}

/**
 * What the Ready condition of another controller's object says; that of an older generation says
 * nothing yet.
 */
function notReady(object: KubeObject | undefined, name: string): string[] {
  if (!object) return [`${name} does not exist yet`]
  const status = (object.status ?? {}) as ConditionsStatus
  if (status.observedGeneration !== undefined && status.observedGeneration < (object.metadata.generation ?? 0))
    return [`${name} has a change that its controller has not yet observed`]
  const readyCondition = status.conditions?.find(({ type }) => type === 'Ready')
  if (readyCondition?.status === 'True') return []
  return [
    readyCondition
      ? `${name}: ${plainly([readyCondition.reason, readyCondition.message].filter(Boolean).join(', ') || 'not ready')}`
      : `${name} is not ready yet`,
  ]
}
