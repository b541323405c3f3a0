// Why does a part have this number of replicas? An explanation is made from the observation: each
// reason is a code for programs and a sentence for people, in the order of their effect: what holds
// the autoscaler, what the load demands, what bounds that, and what prevents pods from running.
import type { ProblemReason, ScalingChange } from '@orderpipeline/operator/api'
import { reasonForLag } from '@orderpipeline/operator/pipeline'
import type { FlowHistory } from '@orderpipeline/operator/pipeline'
import { countText } from '../figures.ts'
import { isFlow } from './flow.ts'
import { bounds, limitReasons } from './limits.ts'
import { demandReasons } from './load.ts'
import { demandsOf, demandedReplicasOf } from './metrics.ts'
import { conditionOf } from './observed.ts'
import type { Conditions, PartObserved, ScalerStatus } from './observed.ts'
import { podReasons } from './pods.ts'
import type { ReplicaReason } from './reason.ts'

export type { ReplicaReason, ReasonCode } from './reason.ts'

export interface Explanation {
  readonly part: string
  readonly replicas: number
  readonly ready: number
  /** Replicas that the autoscaler desires; absent while there is none. */
  readonly wanted?: number
  readonly minReplicas: number
  readonly maxReplicas: number
  readonly reasons: readonly ReplicaReason[]
  /**
   * What the operator decided, and its last changes; absent for a part that is not scaled on flow,
   * or where that is not known.
   */
  readonly flow?: FlowHistory
  /** The last change in the pipeline's status: known while no operator answers, too. */
  readonly lastScaling?: ScalingChange
}

export function explanation(observation: PartObserved): Explanation {
  const { part, deployment, autoscaler } = observation
  const { minReplicas, maxReplicas } = bounds(observation)
  const { lastScaling } = observation.pipeline.status?.stages?.find(({ name }) => name === part) ?? {}
  const desiredReplicas = autoscaler?.status?.desiredReplicas ?? deployment?.spec.replicas
  const holding = holdingReasons(observation)
  const demands = demandsOf(observation)
  const isHeld = holding.some(({ code }) => code === 'Suspended' || code === 'Paused' || code === 'NoScaledObject')
  return {
    part,
    replicas: deployment?.status?.replicas ?? 0,
    ready: deployment?.status?.readyReplicas ?? 0,
    ...(desiredReplicas === undefined ? {} : { wanted: desiredReplicas }),
    minReplicas,
    maxReplicas,
    reasons: [
      ...holding,
      ...(isHeld
        ? []
        : [...demandReasons(observation, demands), ...limitReasons(observation, demandedReplicasOf(demands))]),
      ...podReasons(observation),
      ...outlook(observation),
    ],
    ...(typeof observation.flow === 'object' ? { flow: observation.flow } : {}),
    ...(lastScaling ? { lastScaling } : {}),
  }
}

/** What keeps the autoscaler from acting on the load at all. */
function holdingReasons({ pipeline, part, scaledObject, autoscaler }: PartObserved): ReplicaReason[] {
  const { metadata, spec, status } = pipeline
  const configured = conditionOf(status?.conditions, 'Configured')
  const reasons: ReplicaReason[] = []
  if (configured?.status === 'False')
    reasons.push({
      code: 'NotApplied',
      trouble: true,
      text: notAppliedText(configured),
    })
  else if (status?.observedGeneration !== metadata.generation)
    reasons.push({ code: 'NotApplied', text: 'the operator has not yet reconciled the latest spec' })
  if (!scaledObject) {
    const text = `there is no ScaledObject ${metadata.name}-${part}: it is not scaled; see the conditions with \`orderpipeline status ${metadata.name}\``
    return [...reasons, { code: 'NoScaledObject', trouble: true, text }]
  }
  const paused = scaledObject.metadata.annotations?.['autoscaling.keda.sh/paused-replicas']
  if (spec.suspend)
    reasons.push(
      paused === undefined
        ? {
            code: 'Draining',
            text: 'the pipeline is suspended and drains: this part works until its lag is 0, then stops',
          }
        : {
            code: 'Suspended',
            text: 'the pipeline is suspended, so it has 0 replicas; `orderpipeline resume` starts it again',
          },
    )
  else if (paused !== undefined)
    reasons.push({
      code: 'Paused',
      trouble: true,
      text: `its ScaledObject is paused at ${paused} replicas (annotation autoscaling.keda.sh/paused-replicas)`,
    })
  return [...reasons, ...scalerReasons(scaledObject, autoscaler === undefined && paused === undefined)]
}

/** For these nothing of a spec is carried out; for any other reason, all of it that can be. */
const refusals: Readonly<Record<ProblemReason, true>> = {
  ConnectionBudgetExceeded: true,
  DrainTooShort: true,
  ScheduleInvalid: true,
  TemplateInvalid: true,
  ResourcesInvalid: true,
  NameTaken: true,
  TopicMissing: true,
  PrometheusMissing: true,
  PartitionsShrink: true,
}

function notAppliedText({ reason = '', message = '' }: Pick<Conditions[number], 'reason' | 'message'>): string {
  const why = `(${reason}: ${message})`
  return reason in refusals
    ? `the latest spec is not applied ${why}, so that all objects stay as they are`
    : `the latest spec is applied only in part ${why}; the objects that do not depend on that are applied`
}

function scalerReasons(scaledObject: NonNullable<PartObserved['scaledObject']>, alone: boolean): ReplicaReason[] {
  const { conditions, health = {} } = (scaledObject.status ?? {}) as ScalerStatus
  const ready = conditionOf(conditions, 'Ready')
  const fallback = conditionOf(conditions, 'Fallback')
  const failing = Object.entries(health)
    .filter(([, { status }]) => status === 'Failing')
    .map(([metric, { numberOfFailures = 0 }]) => `${metric}, ${numberOfFailures} times in a row`)
  const reasons: ReplicaReason[] = []
  if (!ready && alone)
    reasons.push({
      code: 'ScaledObjectNotReady',
      trouble: true,
      text: 'KEDA has not observed its ScaledObject, so it is not scaled; check that the KEDA operator runs',
    })
  if (ready && ready.status !== 'True')
    reasons.push({
      code: 'ScaledObjectNotReady',
      trouble: true,
      text: `KEDA reports that it cannot scale it: ${ready.reason ?? ''}: ${ready.message ?? ''}`,
    })
  const onLag = scaledObject.spec.triggers.some(isFlow) ? reasonForLag(scaledObject) : undefined
  if (onLag !== undefined)
    reasons.push({
      code: 'OnLag',
      trouble: true,
      text: `it is scaled on lag for now (${failing.join('; ')}), because ${onLag}`,
    })
  else if (fallback?.status === 'True' && scaledObject.spec.fallback) {
    const { replicas } = scaledObject.spec.fallback
    const metrics = failing.length > 0 ? ` (${failing.join('; ')})` : ''
    reasons.push({
      code: 'Fallback',
      trouble: true,
      text: `KEDA cannot read the load${metrics} and keeps the present replicas, at least ${replicas}; check that it can reach Kafka`,
    })
  } else if (failing.length > 0)
    reasons.push({ code: 'Fallback', trouble: true, text: `KEDA cannot read the load: ${failing.join('; ')}` })
  if (alone && ready?.status === 'True')
    reasons.push({
      code: 'NoAutoscaler',
      trouble: true,
      text: 'there is no HorizontalPodAutoscaler for it, although KEDA reports that it is ready; check that the KEDA operator runs',
    })
  return reasons
}

/** What more replicas would bring. */
function outlook({ pipeline, part }: PartObserved): ReplicaReason[] {
  const { status } = pipeline
  const stage = status?.stages?.find(({ name }) => name === part)
  return [
    ...(stage?.rollout && stage.rollout.phase !== 'Stable'
      ? [{ code: 'Rollout' as const, text: `rollout ${stage.rollout.phase}: ${stage.rollout.message ?? ''}` }]
      : []),
    ...(stage?.scaleOut
      ? [
          {
            code: 'ScaleOutUseless' as const,
            trouble: true as const,
            text: `more replicas did not increase the throughput: ${stage.scaleOut.message}`,
          },
        ]
      : []),
    ...(status?.capacity?.bottleneck === part
      ? [
          {
            code: 'Bottleneck' as const,
            text: `it is the stage that gives out first, at ${countText(status.capacity.ordersPerSecond)} orders per second`,
          },
        ]
      : []),
  ]
}
