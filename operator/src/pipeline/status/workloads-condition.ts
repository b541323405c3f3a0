// Do the gateway and every stage have the replicas that they need at least?
import type { ConditionResult, DeploymentStatus } from '../../api/index.ts'
import { holds, fails, absentKind, list } from './condition-results.ts'
import { livePart } from '../children/live.ts'
import { workloadName } from '../children/names.ts'
import type { PodReport } from '../rollout/new-version.ts'
import { partsOf } from '../children/parts.ts'
import type { PipelineObservation } from './pipeline-observation.ts'
import { isReplacing, rollbackOf } from '../rollout/rollout-status.ts'
import type { LivePart } from '../children/part-versions.ts'
import { suspensionOf } from '../desired/suspension.ts'

/**
 * An autoscaler's every step makes a new generation of the Deployment. A generation that is not yet
 * acted on counts only until WorkloadsReady was True for the pipeline's own generation; otherwise
 * Ready would flicker whenever a stage is scaled.
 */
export function workloadsReady(observation: PipelineObservation): ConditionResult {
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
