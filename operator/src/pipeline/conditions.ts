// Is the pipeline as it should be, and if not, what is missing? Ready is derived from the four
// others.
import { dependents } from '../api/conditions.ts'
import type { Condition, ConditionType, ConditionReason } from '../api/conditions.ts'
import type { ConditionResult, ChildKind, ConditionsStatus, DeploymentStatus, KubeObject } from '../api/index.ts'
import { tightBudget } from './budget.ts'
import { missingAuthentication } from './gateway-authentication.ts'
import { scaledOn } from './flow-fallback.ts'
import { isExternal } from './kafka-connection.ts'
import { kafkaTopicNamed, livePart, livePartitions, scaledObjectOf } from './live.ts'
import { topicName, workloadName } from './names.ts'
import { everyOf } from './missing-kinds.ts'
import type { PodReport } from './new-version.ts'
import { partsOf } from './parts.ts'
import { plainly } from './pod-trouble.ts'
import { rolledOutCondition } from './rollout-condition.ts'
import { isReplacing, rollbackOf } from './rollout.ts'
import type { LivePart } from './rollout.ts'
import type { DeferredObject, PipelineObservation } from './pipeline-observation.ts'
import { suspensionOf } from './suspension.ts'
import { topicsNotReady } from './topic-readiness.ts'
import { partitionsFor, reachWith } from './topics.ts'

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

function holds(reason: ConditionReason, message: string): ConditionResult {
  return { status: 'True', reason, message }
}
function fails(reason: ConditionReason, message: string): ConditionResult {
  return { status: 'False', reason, message }
}

function verdictIn({ status, reason, message }: ConditionResult): ConditionResult {
  return { status, reason, message }
}

function ready(observation: PipelineObservation, all: readonly [ConditionType, ConditionResult][]): ConditionResult {
  const missing = all.find(([, verdict]) => verdict.status !== 'True')
  if (missing) return { status: 'False', reason: missing[1].reason, message: missing[1].message }
  return suspension(observation) ?? holds('AllReady', 'topics, workloads and scaling are as the spec says')
}

function configured(observation: PipelineObservation): ConditionResult {
  const { pipeline, problems, failures, deferred: deferredObjects = [], contested = [] } = observation
  const [problem] = problems
  if (problem) return fails(problem.reason, problems.map(({ path, message }) => `${path}: ${message}`).join('; '))
  const failure = failures.find(({ reason }) => reason === 'NotOwned') ?? failures[0]
  const messages = [...failures.map(({ message }) => message), ...deferredMessages(deferredObjects)]
  const [waiting] = deferredObjects
  if (failure) return fails(failure.reason, list(messages))
  if (waiting) return fails(waiting.cause.reason, list(messages))
  if (pipeline.metadata.deletionTimestamp !== undefined) return fails('Deleting', 'the pipeline is being deleted')
  if (contested.length > 0) return holds('Contested', list(contested))
  const unsaid = missingAuthentication(pipeline.spec)
  if (unsaid !== undefined) return holds('AuthenticationUnset', unsaid)
  const { standby } = pipeline.status?.operator ?? {}
  if (standby) return holds('SecondOperator', secondOperator(standby.name))
  const tight = tightBudget(pipeline.spec)
  return tight === undefined
    ? holds('Applied', `the spec is valid and applied${withoutRules(observation)}`)
    : holds('ConnectionBudgetTight', tight)
}

/** Objectives work without a Prometheus operator: only their rules have to be loaded by hand. */
function withoutRules({ pipeline, blocked }: PipelineObservation): string {
  const absence = pipeline.spec.slo && blocked?.get(everyOf('PrometheusRule'))
  return absence ? `; missing ${absence.what}` : ''
}

function secondOperator(name: string): string {
  return `the spec is applied; a second operator, ${name}, watches this pipeline too and stands by: let only one installation watch each namespace (watchNamespace)`
}

/** One message for each cause, because several objects often wait for the same. */
function deferredMessages(deferredObjects: readonly DeferredObject[]): string[] {
  return [...new Set(deferredObjects.map(({ cause }) => cause.what))].map((what) => {
    const objects = deferredObjects.filter(({ cause }) => cause.what === what).map(({ object }) => object)
    return `not created or changed because of ${what}: ${list(objects, ', ')}`
  })
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

function topicsReady(observation: PipelineObservation): ConditionResult {
  const { pipeline, children } = observation
  const { name } = pipeline.metadata
  if (isExternal(pipeline)) return externalTopicsReady(observation)
  const missing = absentKind(observation, 'KafkaTopic')
  if (missing) return missing
  const topicNames = [
    ...pipeline.spec.topics.map((topic) => topicName(name, topic.name)),
    ...pipeline.spec.stages.map((stage) => topicName(name, `${stage.name}.dead-letters`)),
  ]
  const { kafka } = pipeline.spec
  const topics = topicNames.map((topic) => ({ name: topic, topic: kafkaTopicNamed(pipeline, topic, children) }))
  const waiting = topicsNotReady(topics, 'strimziCluster' in kafka ? kafka.strimziCluster : '')
  return waiting.length === 0
    ? holds('AllReady', `${topicNames.length} topics are ready`)
    : fails('TopicsNotReady', list(waiting))
}

/**
 * No other controller makes these topics ready: what the operator itself found and did in Kafka is
 * the answer.
 */
function externalTopicsReady({ topics }: PipelineObservation): ConditionResult {
  if (!topics) return fails('TopicsNotReady', 'the topics were not read yet')
  const [first] = topics.problems
  if (first) return fails(first.reason, list(topics.problems.map(({ message }) => message)))
  return holds('AllReady', `${topics.partitions.size} topics are as the spec says`)
}

/** Objects of a missing kind cannot be read, so they are not ready. */
function absentKind({ blocked }: PipelineObservation, kind: ChildKind): ConditionResult | undefined {
  const cause = blocked?.get(everyOf(kind))
  return cause && fails(cause.reason, cause.what)
}

function scalingReady(observation: PipelineObservation): ConditionResult {
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
    const neededPartitions = partitionsFor(maxReplicas)
    if (partitions >= neededPartitions) return []
    const [first] = stage.consumes
    const largerCount = (counts[0] ?? 0) + neededPartitions - partitions
    const has =
      stage.consumes.length === 1
        ? `topic ${first?.topic} has ${partitions} partitions and needs ${neededPartitions}; set partitions: ${largerCount}`
        : `its topics have ${partitions} partitions in all and need ${neededPartitions}; set partitions: ${largerCount} of topic ${first?.topic}`
    return `stage ${stage.name} reaches about ${reachWith(partitions)} of ${maxReplicas} replicas: ${has} to grow it, which moves keys to other partitions`
  })
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

/**
 * An autoscaler's every step makes a new generation of the Deployment. A generation that is not yet
 * acted on counts only until WorkloadsReady was True for the pipeline's own generation; otherwise
 * Ready would flicker whenever a stage is scaled.
 */
function workloadsReady(observation: PipelineObservation): ConditionResult {
  const { pipeline, children, lag, pods } = observation
  const missing = absentKind(observation, 'Deployment')
  if (missing) return missing
  const carriedOut = pipeline.status?.conditions?.some(
    ({ type, status, observedGeneration }) =>
      type === 'WorkloadsReady' && status === 'True' && observedGeneration === pipeline.metadata.generation,
  )
  const parts = partsOf(pipeline.spec).map((part) => ({ ...part, live: livePart(pipeline, part.name, children) }))
  const refusals = parts.flatMap(({ live }) => podsRefused(live))
  const waiting = parts.flatMap(({ name, scaling, live }) => {
    const workload = workloadName(pipeline.metadata.name, name)
    const minReplicas = pipeline.spec.suspend ? 0 : scaling.minReplicas
    const deployment = live[live.active]
    if (!deployment) return `${workload} does not exist yet`
    const { observedGeneration = 0, readyReplicas = 0 } = (deployment.status ?? {}) as DeploymentStatus
    if (!carriedOut && observedGeneration < (deployment.metadata.generation ?? 0))
      return `${workload} has a change that its controller has not yet observed`
    return readyReplicas >= minReplicas || readyReplicas >= minReplicas - mayBeAway(live, minReplicas)
      ? []
      : `${workload} has ${readyReplicas} of at least ${minReplicas} replicas ready${troubleOf(pods?.get(name))}`
  })
  if (waiting.length > 0)
    return refusals.length > 0 ? fails('PodsRefused', list(refusals)) : fails('ReplicasNotReady', list(waiting))
  const back = parts.flatMap(({ name, live }) => {
    const rollback = rollbackOf(live)
    return rollback ? `${name}: ${rollback.message}` : []
  })
  if (back.length > 0) return fails('RolledBack', list(back))
  if (suspensionOf(pipeline, children, lag) === 'stopped')
    return holds('Suspended', 'spec.suspend is true: no stage and no gateway has replicas')
  // Enough replicas run, but the API server refuses further ones: no other condition would say so.
  return refusals.length > 0
    ? holds('PodsRefused', list(refusals))
    : holds('AllReady', 'every stage and the gateway have at least minReplicas ready')
}

function troubleOf(report: PodReport | undefined): string {
  return report?.trouble === undefined ? '' : ` (${report.trouble})`
}

/** Replicas that a rollout from a stable version removes on purpose. */
function mayBeAway(live: LivePart, minReplicas: number): number {
  const deployment = live[live.active]
  if (!deployment || !isReplacing(live)) return 0
  const { maxUnavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {}
  const share = typeof maxUnavailable === 'string' ? Number.parseInt(maxUnavailable, 10) / 100 : 0
  return Math.floor(minReplicas * share)
}

/**
 * Why the pods of a part cannot be created, in the words of what refuses them: a quota, a limit
 * range, admission.
 */
function podsRefused({ blue, green }: LivePart): string[] {
  return [blue, green].flatMap((deployment) => {
    const { conditions = [] } = (deployment?.status ?? {}) as DeploymentStatus
    const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
    return failure && deployment ? `${deployment.metadata.name}: ${failure.message ?? failure.reason ?? 'refused'}` : []
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

/** The first few items in full: a person reads a condition. */
function list(items: readonly string[], separator = '; '): string {
  return items.length <= 5
    ? items.join(separator)
    : `${items.slice(0, 5).join(separator)}${separator}and ${items.length - 5} more`
}
