// Is the pipeline as it should be, and if not, what is missing? Ready derives from the four others.
import { dependents, type Condition, type ConditionType, type Reason } from '../api/conditions.ts'
import type { Verdict, ChildKind, ConditionsStatus, DeploymentStatus, KubeObject } from '../api/index.ts'
import { tightBudget } from './budget.ts'
import { callersUnsaid } from './gateway-callers.ts'
import { scaledOn } from './flow-fallback.ts'
import { isExternal } from './kafka-connection.ts'
import { kafkaTopicNamed, livePart, livePartitions, scaledObjectOf } from './live.ts'
import { topicName, workloadName } from './names.ts'
import { everyOf } from './neighbours.ts'
import type { PodReport } from './new-version.ts'
import { partsOf } from './parts.ts'
import { plainly } from './pod-trouble.ts'
import { rolledOutVerdict } from './rollout-condition.ts'
import { isReplacing, type LivePart, rolledBack } from './rollout.ts'
import type { Held, Seen } from './status-input.ts'
import { suspensionOf } from './suspension.ts'
import { topicsNotReady } from './topic-readiness.ts'
import { partitionsFor, reachWith } from './topics.ts'

/** A condition whose status stays keeps its time: writes follow changes, not passes. */
export const conditions = (seen: Seen, now: string): Condition[] => {
  const before = new Map((seen.pipeline.status?.conditions ?? []).map((condition) => [condition.type, condition]))
  const verdicts: Record<(typeof dependents)[number], Verdict> = {
    Configured: configured(seen),
    ...(seen.problems.length > 0
      ? asBefore(before)
      : { TopicsReady: topicsReady(seen), WorkloadsReady: workloadsReady(seen), ScalingReady: scalingReady(seen) }),
  }
  const told = { ...verdicts, ...notLookedAtYet(seen, verdicts, before) }
  const all = dependents.map((type): [ConditionType, Verdict] => [type, told[type]])
  const generation = seen.pipeline.metadata.generation
  const rolledOut = seen.problems.length > 0 ? before.get('RolledOut') : rolledOutVerdict(seen)
  const last: [ConditionType, Verdict][] = rolledOut ? [['RolledOut', verdictIn(rolledOut)]] : []
  return [['Ready', ready(seen, all)] as [ConditionType, Verdict], ...all, ...last].map(([type, verdict]) => {
    const previous = before.get(type)
    const lastTransitionTime = previous?.status === verdict.status ? previous.lastTransitionTime : now
    return {
      type,
      ...verdict,
      lastTransitionTime,
      ...(generation === undefined ? {} : { observedGeneration: generation }),
    }
  })
}

const holds = (reason: Reason, message: string): Verdict => ({ status: 'True', reason, message })
const fails = (reason: Reason, message: string): Verdict => ({ status: 'False', reason, message })

const verdictIn = ({ status, reason, message }: Verdict): Verdict => ({ status, reason, message })

const ready = (seen: Seen, all: readonly [ConditionType, Verdict][]): Verdict => {
  const missing = all.find(([, verdict]) => verdict.status !== 'True')
  if (missing) return { status: 'False', reason: missing[1].reason, message: missing[1].message }
  return suspension(seen) ?? holds('AllReady', 'topics, workloads and scaling are as the spec says')
}

const configured = ({ pipeline, problems, failures, held = [], contested = [] }: Seen): Verdict => {
  const [problem] = problems
  if (problem) return fails(problem.reason, problems.map(({ path, message }) => `${path}: ${message}`).join('; '))
  const failure = failures.find(({ reason }) => reason === 'NotOwned') ?? failures[0]
  const messages = [...failures.map(({ message }) => message), ...heldMessages(held)]
  const [waiting] = held
  if (failure) return fails(failure.reason, list(messages))
  if (waiting) return fails(waiting.cause.reason, list(messages))
  if (pipeline.metadata.deletionTimestamp !== undefined) return fails('Deleting', 'the pipeline is being deleted')
  if (contested.length > 0) return holds('Contested', list(contested))
  const unsaid = callersUnsaid(pipeline.spec)
  if (unsaid !== undefined) return holds('AuthenticationUnset', unsaid)
  const { standby } = pipeline.status?.operator ?? {}
  if (standby) return holds('SecondOperator', secondOperator(standby.name))
  const tight = tightBudget(pipeline.spec)
  return tight === undefined
    ? holds('Applied', 'the spec makes sense and is applied')
    : holds('ConnectionBudgetTight', tight)
}

const secondOperator = (name: string): string =>
  `the spec is applied; a second operator, ${name}, watches this pipeline too and stands by: let each namespace be watched by one installation (watchNamespace)`

/** One for each cause: several objects often wait for the same. */
const heldMessages = (held: readonly Held[]): string[] =>
  [...new Set(held.map(({ cause }) => cause.what))].map((what) => {
    const objects = held.filter(({ cause }) => cause.what === what).map(({ object }) => object)
    return `not made or changed because of ${what}: ${list(objects, ', ')}`
  })

/**
 * An operator that has just started has not looked into an external Kafka yet: what was found for
 * this very spec still stands, or every start would make every pipeline unready for a moment.
 */
const notLookedAtYet = (
  { pipeline, topics, problems }: Seen,
  { Configured, ScalingReady }: { readonly Configured: Verdict; readonly ScalingReady: Verdict },
  before: ReadonlyMap<ConditionType, Condition>,
): Partial<Record<(typeof dependents)[number], Verdict>> => {
  const seen = before.get('TopicsReady')?.observedGeneration === pipeline.metadata.generation
  if (!isExternal(pipeline) || topics || problems.length > 0 || !seen) return {}
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

/**
 * While a spec cannot be applied its children stay as they are, and so does what is known of them.
 */
const asBefore = (
  before: ReadonlyMap<ConditionType, Condition>,
): Record<'TopicsReady' | 'WorkloadsReady' | 'ScalingReady', Verdict> => {
  const unknown: Verdict = { status: 'Unknown', reason: 'NotConfigured', message: 'nothing was made yet' }
  const kept = (type: ConditionType): Verdict => {
    return verdictIn(before.get(type) ?? unknown)
  }
  return {
    TopicsReady: kept('TopicsReady'),
    WorkloadsReady: kept('WorkloadsReady'),
    ScalingReady: kept('ScalingReady'),
  }
}

const topicsReady = (seen: Seen): Verdict => {
  const { pipeline, children } = seen
  const { name } = pipeline.metadata
  if (isExternal(pipeline)) return externalTopicsReady(seen)
  const missing = absentKind(seen, 'KafkaTopic')
  if (missing) return missing
  const wanted = [
    ...pipeline.spec.topics.map((topic) => topicName(name, topic.name)),
    ...pipeline.spec.stages.map((stage) => topicName(name, `${stage.name}.dead-letters`)),
  ]
  const { kafka } = pipeline.spec
  const topics = wanted.map((topic) => ({ name: topic, topic: kafkaTopicNamed(pipeline, topic, children) }))
  const waiting = topicsNotReady(topics, 'strimziCluster' in kafka ? kafka.strimziCluster : '')
  return waiting.length === 0
    ? holds('AllReady', `${wanted.length} topics are ready`)
    : fails('TopicsNotReady', list(waiting))
}

/** Nobody makes an object ready here: what the operator itself found and did in Kafka says it. */
const externalTopicsReady = ({ topics }: Seen): Verdict => {
  if (!topics) return fails('TopicsNotReady', 'the topics were not looked at yet')
  const [first] = topics.problems
  if (first) return fails(first.reason, list(topics.problems.map(({ message }) => message)))
  return holds('AllReady', `${topics.partitions.size} topics are as the spec says`)
}

/** Of a kind that is not there nothing can be seen, least of all that it is ready. */
const absentKind = ({ blocked }: Seen, kind: ChildKind): Verdict | undefined => {
  const cause = blocked?.get(everyOf(kind))
  return cause && fails(cause.reason, cause.what)
}

const scalingReady = (seen: Seen): Verdict => {
  const { pipeline, children, topics, lag } = seen
  const missing = absentKind(seen, 'ScaledObject')
  if (missing) return missing
  const waiting = partsOf(pipeline.spec).flatMap(({ name }) =>
    notReady(scaledObjectOf(pipeline, name, children), workloadName(pipeline.metadata.name, name)),
  )
  if (waiting.length > 0) return fails('ScaledObjectsNotReady', list(waiting))
  if (suspensionOf(pipeline, children, lag) === 'stopped')
    return holds('Suspended', 'spec.suspend is true: every autoscaler is paused')
  const on = scaledOn(pipeline, children)
  const onLag = on.flatMap(({ stage, why }) => (why ? `stage ${stage} is scaled on lag for now, since ${why}` : []))
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
  return holds('AllReady', `every part is scaled${onFlow}`)
}

/**
 * Topics made for fewer replicas than are asked for now. They are not grown unasked, so the maximum
 * is out of reach.
 */
const unreachable = ({ pipeline, children, topics }: Pick<Seen, 'pipeline' | 'children' | 'topics'>): string[] =>
  pipeline.spec.stages.flatMap((stage) => {
    const counts = stage.consumes.map(({ topic }) => livePartitions(pipeline, topic, children, topics))
    if (counts.includes(undefined)) return []
    const partitions = counts.reduce<number>((sum, count) => sum + (count ?? 0), 0)
    const { maxReplicas } = stage.scaling
    const needed = partitionsFor(maxReplicas)
    if (partitions >= needed) return []
    const [first] = stage.consumes
    const grown = (counts[0] ?? 0) + needed - partitions
    const has =
      stage.consumes.length === 1
        ? `topic ${first?.topic} has ${partitions} partitions and needs ${needed}; say partitions: ${grown}`
        : `its topics have ${partitions} partitions in all and need ${needed}; say partitions: ${grown} of topic ${first?.topic}`
    return `stage ${stage.name} reaches about ${reachWith(partitions)} of ${maxReplicas} replicas: ${has} to grow it, which moves keys to other partitions`
  })

const suspension = ({ pipeline, children, lag }: Seen): Verdict | undefined => {
  switch (suspensionOf(pipeline, children, lag)) {
    case undefined:
      return undefined
    case 'stopped':
      return fails('Suspended', 'spec.suspend is true: the gateway and every stage are stopped')
    case 'draining': {
      const left = pipeline.spec.stages.flatMap(({ name }) => {
        const waiting = lag.get(name)?.lag
        return waiting === 0
          ? []
          : `${name} has ${waiting === undefined ? 'an unknown number of' : waiting} messages left`
      })
      const what = left.length > 0 ? list(left) : 'no lag is left, waiting until nothing moves'
      return fails('Draining', `spec.suspend is true, the stages stop when they are done: ${what}`)
    }
  }
}

/**
 * An autoscaler's every step makes a new generation of the Deployment, so one not yet acted on
 * counts only until the pipeline's own generation has been seen carried out; otherwise Ready would
 * flicker whenever a stage is scaled.
 */
const workloadsReady = (state: Seen): Verdict => {
  const { pipeline, children, lag, pods } = state
  const missing = absentKind(state, 'Deployment')
  if (missing) return missing
  const carriedOut = pipeline.status?.conditions?.some(
    ({ type, status, observedGeneration }) =>
      type === 'WorkloadsReady' && status === 'True' && observedGeneration === pipeline.metadata.generation,
  )
  const seen = partsOf(pipeline.spec).map((part) => ({ ...part, live: livePart(pipeline, part.name, children) }))
  const refused = seen.flatMap(({ live }) => podsRefused(live))
  const waiting = seen.flatMap(({ name, scaling, live }) => {
    const workload = workloadName(pipeline.metadata.name, name)
    const minReplicas = pipeline.spec.suspend ? 0 : scaling.minReplicas
    const deployment = live[live.active]
    if (!deployment) return `${workload} is not there yet`
    const { observedGeneration = 0, readyReplicas = 0 } = (deployment.status ?? {}) as DeploymentStatus
    if (!carriedOut && observedGeneration < (deployment.metadata.generation ?? 0))
      return `${workload} has a change not yet acted on`
    return readyReplicas >= minReplicas || readyReplicas >= minReplicas - mayBeAway(live, minReplicas)
      ? []
      : `${workload} has ${readyReplicas} of at least ${minReplicas} replicas ready${troubleOf(pods?.get(name))}`
  })
  if (waiting.length > 0)
    return refused.length > 0 ? fails('PodsRefused', list(refused)) : fails('ReplicasNotReady', list(waiting))
  const back = seen.flatMap(({ name, live }) => {
    const rollback = rolledBack(live)
    return rollback ? `${name}: ${rollback.message}` : []
  })
  if (back.length > 0) return fails('RolledBack', list(back))
  if (suspensionOf(pipeline, children, lag) === 'stopped')
    return holds('Suspended', 'spec.suspend is true: no part has replicas')
  // Enough replicas run, but more are wanted and may not be made: nobody else would say so.
  return refused.length > 0
    ? holds('PodsRefused', list(refused))
    : holds('AllReady', 'every part has its least replicas ready')
}

const troubleOf = (report: PodReport | undefined): string =>
  report?.trouble === undefined ? '' : ` (${report.trouble})`

/** Replicas that a rollout from a stable version takes away on purpose. */
const mayBeAway = (live: LivePart, minReplicas: number): number => {
  const deployment = live[live.active]
  if (!deployment || !isReplacing(live)) return 0
  const { maxUnavailable = 0 } = deployment.spec.strategy?.rollingUpdate ?? {}
  const share = typeof maxUnavailable === 'string' ? Number.parseInt(maxUnavailable, 10) / 100 : 0
  return Math.floor(minReplicas * share)
}

/**
 * Why the pods of a part cannot be made, in the words of who refuses them: a quota, a limit range,
 * admission.
 */
const podsRefused = ({ blue, green }: LivePart): string[] =>
  [blue, green].flatMap((deployment) => {
    const { conditions = [] } = (deployment?.status ?? {}) as DeploymentStatus
    const failure = conditions.find(({ type, status }) => type === 'ReplicaFailure' && status === 'True')
    return failure && deployment ? `${deployment.metadata.name}: ${failure.message ?? failure.reason ?? 'refused'}` : []
  })

/** What a Ready condition of somebody else says; one of an older generation says nothing yet. */
const notReady = (object: KubeObject | undefined, name: string): string[] => {
  if (!object) return [`${name} is not there yet`]
  const status = (object.status ?? {}) as ConditionsStatus
  if (status.observedGeneration !== undefined && status.observedGeneration < (object.metadata.generation ?? 0))
    return [`${name} has a change not yet acted on`]
  const found = status.conditions?.find(({ type }) => type === 'Ready')
  if (found?.status === 'True') return []
  return [
    found
      ? `${name}: ${plainly([found.reason, found.message].filter(Boolean).join(', ') || 'not ready')}`
      : `${name} is not ready yet`,
  ]
}

/** The first few in full: a condition is read by a person. */
const list = (items: readonly string[], separator = '; '): string =>
  items.length <= 5
    ? items.join(separator)
    : `${items.slice(0, 5).join(separator)}${separator}and ${items.length - 5} more`
