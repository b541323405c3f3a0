// Is the pipeline as it should be, and if not, what is missing? Ready is derived from the four
// others.
import { dependents } from '../../api/conditions.ts'
import type { Condition, ConditionType } from '../../api/conditions.ts'
import type { ConditionResult } from '../../api/index.ts'
import { holds, fails, verdictIn, list } from './condition-results.ts'
import { configured } from './configured-condition.ts'
import { isExternal } from '../kafka/kafka-connection.ts'
import type { PipelineObservation } from './pipeline-observation.ts'
import { rolledOutCondition } from './rollout-condition.ts'
import { scalingReady } from './scaling-condition.ts'
import { suspensionOf } from '../desired/suspension.ts'
import { topicsReady } from './topics-condition.ts'
import { workloadsReady } from './workloads-condition.ts'

/**
 * A condition whose status does not change keeps its time, so a status is written for changes only.
 */
export function conditions(observation: PipelineObservation, now: string): Condition[] {
  const before = new Map(
    (observation.pipeline.status?.conditions ?? []).map((condition) => [condition.type, condition]),
  )
  const verdicts: Record<(typeof dependents)[number], ConditionResult> = {
    Configured: configured(observation),
    ...(observation.problems.length > 0
      ? asBefore(before)
      : {
          TopicsReady: topicsReady(observation),
          WorkloadsReady: workloadsReady(observation),
          ScalingReady: scalingReady(observation),
        }),
  }
  const effectiveVerdicts = { ...verdicts, ...notLookedAtYet(observation, verdicts, before) }
  const all = dependents.map((type): [ConditionType, ConditionResult] => [type, effectiveVerdicts[type]])
  const generation = observation.pipeline.metadata.generation
  const rolledOut = observation.problems.length > 0 ? before.get('RolledOut') : rolledOutCondition(observation)
  const last: [ConditionType, ConditionResult][] = rolledOut ? [['RolledOut', verdictIn(rolledOut)]] : []
  return [['Ready', ready(observation, all)] as [ConditionType, ConditionResult], ...all, ...last].map(
    ([type, verdict]) => {
      const previous = before.get(type)
      const lastTransitionTime = previous?.status === verdict.status ? previous.lastTransitionTime : now
      return {
        type,
        ...verdict,
        lastTransitionTime,
        ...(generation === undefined ? {} : { observedGeneration: generation }),
      }
    },
  )
}

function ready(observation: PipelineObservation, all: readonly [ConditionType, ConditionResult][]): ConditionResult {
  const missing = all.find(([, verdict]) => verdict.status !== 'True')
  if (missing) return { status: 'False', reason: missing[1].reason, message: missing[1].message }
  return suspension(observation) ?? holds('AllReady', 'topics, workloads and scaling are as the spec says')
}

/**
 * An operator that has just started has not read an external Kafka yet. What was found for this
 * generation of the spec is still valid; otherwise every start would make every pipeline unready
 * for a moment.
 */
function notLookedAtYet(
  { pipeline, topics, problems }: PipelineObservation,
  { Configured, ScalingReady }: { readonly Configured: ConditionResult; readonly ScalingReady: ConditionResult },
  before: ReadonlyMap<ConditionType, Condition>,
): Partial<Record<(typeof dependents)[number], ConditionResult>> {
  const isSameGeneration = before.get('TopicsReady')?.observedGeneration === pipeline.metadata.generation
  if (!isExternal(pipeline) || topics || problems.length > 0 || !isSameGeneration) return {}
  const was = asBefore(before)
  const short = ScalingReady.status === 'True' && was.ScalingReady.reason === 'MaximumUnreachable'
  const configured = before.get('Configured')
  const waits = Configured.reason === 'TopicsNotReady' && configured?.reason === 'TopicsNotReady'
  return {
    TopicsReady: was.TopicsReady,
    ...(short ? { ScalingReady: was.ScalingReady } : {}),
    ...(waits ? { Configured: verdictIn(configured) } : {}),
  }
}

/** While a spec cannot be applied its children stay as they are, and so do their conditions. */
function asBefore(
  before: ReadonlyMap<ConditionType, Condition>,
): Record<'TopicsReady' | 'WorkloadsReady' | 'ScalingReady', ConditionResult> {
  const unknown: ConditionResult = { status: 'Unknown', reason: 'NotConfigured', message: 'no object was created yet' }
  const previousVerdict = (type: ConditionType): ConditionResult => {
    return verdictIn(before.get(type) ?? unknown)
  }
  return {
    TopicsReady: previousVerdict('TopicsReady'),
    WorkloadsReady: previousVerdict('WorkloadsReady'),
    ScalingReady: previousVerdict('ScalingReady'),
  }
}

function suspension({ pipeline, children, lag }: PipelineObservation): ConditionResult | undefined {
  switch (suspensionOf(pipeline, children, lag)) {
    case undefined:
      return undefined
    case 'stopped':
      return fails('Suspended', 'spec.suspend is true: the gateway and every stage are stopped')
    case 'draining': {
      const remaining = pipeline.spec.stages.flatMap(({ name }) => {
        const waiting = lag.get(name)?.lag
        return waiting === 0
          ? []
          : `${name} has ${waiting === undefined ? 'an unknown number of' : waiting} remaining messages`
      })
      const what = remaining.length > 0 ? list(remaining) : 'the lag is 0, waiting for the last messages in flight'
      return fails('Draining', `spec.suspend is true, the stages stop after they have drained: ${what}`)
    }
  }
}
