// Why are fewer pods ready than desired? They are refused, without a node, failing, or only
// starting.
import type { ReplicaReason } from './reason.ts'
import { conditionOf } from './observed.ts'
import type { PartObserved, ObservedPod } from './observed.ts'

export function podReasons({ deployment, pods, pipeline, part }: PartObserved): ReplicaReason[] {
  if (!deployment)
    return [
      { code: 'PodsRefused', trouble: true, text: `there is no Deployment ${pipeline.metadata.name}-${part} yet` },
    ]
  const desiredReplicas = deployment.spec.replicas ?? 0
  const ready = deployment.status?.readyReplicas ?? 0
  const there = pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const replicaFailure = conditionOf(deployment.status?.conditions, 'ReplicaFailure')
  const unschedulable = grouped(there, unschedulableText)
  const failing = grouped(there, failingText)
  const reasons: ReplicaReason[] = []
  if (replicaFailure?.status === 'True')
    reasons.push({
      code: 'PodsRefused',
      trouble: true,
      text: `${desiredReplicas - (deployment.status?.replicas ?? 0)} of its pods cannot be created: ${replicaFailure.message ?? replicaFailure.reason ?? ''}`,
    })
  for (const [text, count] of unschedulable)
    reasons.push({ code: 'PodsUnschedulable', trouble: true, text: `no node takes ${count} of its pods: ${text}` })
  for (const [text, count] of failing)
    reasons.push({ code: 'PodsFailing', trouble: true, text: `${count} of its pods fail: ${text}` })
  const explained = [...unschedulable, ...failing].reduce((sum, [, count]) => sum + count, 0)
  const starting = Math.min(desiredReplicas, deployment.status?.replicas ?? 0) - ready - explained
  if (starting > 0)
    reasons.push({ code: 'PodsStarting', text: `${starting} of its pods are starting and not ready yet` })
  return reasons
}

/** Each text with how many pods it stands for. */
function grouped(pods: readonly ObservedPod[], textOf: (pod: ObservedPod) => string | undefined): [string, number][] {
  const counts = new Map<string, number>()
  for (const text of pods.map(textOf)) if (text !== undefined) counts.set(text, (counts.get(text) ?? 0) + 1)
  return [...counts]
}

function unschedulableText({ status }: ObservedPod): string | undefined {
  const scheduled = conditionOf(status?.conditions, 'PodScheduled')
  return scheduled?.status === 'False' ? (scheduled.message ?? scheduled.reason ?? 'unschedulable') : undefined
}

/** Reasons for which a container of a healthy pod waits, too: they are no failure. */
const usual = new Set(['ContainerCreating', 'PodInitializing'])

function failingText({ status }: ObservedPod): string | undefined {
  for (const { state, lastState, restartCount = 0 } of status?.containerStatuses ?? []) {
    const { reason, message } = state?.waiting ?? {}
    if (reason === undefined || usual.has(reason)) continue
    const termination = lastState?.terminated
    const last = termination
      ? `, last ended with ${termination.reason ?? ''} (exit code ${termination.exitCode ?? '?'})`
      : ''
    const restarts = restartCount > 0 ? `, restarted ${restartCount} times` : ''
    return `${reason}${message === undefined ? '' : `: ${message}`}${last}${restarts}`
  }
  return undefined
}
