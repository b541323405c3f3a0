// How far is a new version, and is it the version's own fault when it makes no progress? The
// operator measures the time itself: the Deployment controller's deadline counts pods that no node
// takes, stops counting at zero replicas, and cannot distinguish new pods from old ones.
import type { Deployment, DeploymentStatus, KubeObject } from '../../api/index.ts'
import { podTrouble } from './pod-trouble.ts'
import type { Pod, Trouble } from './pod-trouble.ts'
import { requestedVersion } from '../children/part-versions.ts'
import { isVersionOnTrial, newestDeployment } from './rollout-status.ts'
import type { LivePart } from '../children/part-versions.ts'

export interface ReplicaSet extends KubeObject {
  readonly status?: { readonly availableReplicas?: number }
}

/** Pods and ReplicaSets of both colors of a part. */
export interface PartPods {
  readonly replicaSets: readonly ReplicaSet[]
  readonly pods: readonly Pod[]
}

/**
 * A version on trial, by the operator's own measurement. In memory only: a restart of the operator
 * gives the version more time.
 */
export interface Trial {
  /** Fingerprint of the requested pods. */
  readonly version: string
  readonly available: number
  readonly desired: number
  /** The highest number of replicas that were available at once. */
  readonly best: number
  /** Milliseconds without progress for which the version itself is to blame. */
  readonly stuckMs: number
  /** When the pods were last looked at, milliseconds. */
  readonly at: number
  /** Why its pods do not run, and whether the version is at fault. */
  readonly trouble?: Trouble
}

export interface PodReport {
  readonly trial?: Trial
  /** Why replicas are missing, for a person to read. */
  readonly trouble?: string
}

const longestGapMs = 30_000
const revision = 'deployment.kubernetes.io/revision'

/**
 * Only a part with a version on trial or with missing replicas needs a look, so a settled pipeline
 * costs no request.
 */
export function needsPodReport(live: LivePart, minReplicas: number): boolean {
  const deployment = newestDeployment(live)
  if (!deployment || (deployment.spec.replicas ?? 0) === 0) return false
  const { readyReplicas = 0 } = (live[live.active]?.status ?? {}) as DeploymentStatus
  return isVersionOnTrial(live) || readyReplicas < minReplicas
}

/** `kafkaAnswers`: whether Kafka can be reached, at least by the operator. */
export function podReport(
  before: PodReport | undefined,
  live: LivePart,
  partPods: PartPods,
  kafkaAnswers: boolean,
  now: number,
): PodReport {
  const deployment = newestDeployment(live)
  const version = deployment && requestedVersion(deployment)
  const replicaSet = deployment && newReplicaSet(deployment, partPods.replicaSets)
  if (!deployment || version === undefined || !replicaSet) return before ?? {}
  const pods = partPods.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const isNew = (pod: Pod): boolean =>
    pod.metadata.ownerReferences?.some(({ uid }) => uid === replicaSet.metadata.uid) ?? false
  const trouble = withFault(mostFrequent(pods.filter(isNew).flatMap((pod) => podTrouble(pod) ?? [])), {
    others: pods.filter((pod) => !isNew(pod)),
    kafkaAnswers,
  })
  const words = trouble && trouble.text !== '' ? { trouble: trouble.text } : {}
  if (!isVersionOnTrial(live)) return words
  const look = {
    version,
    desired: deployment.spec.replicas ?? 0,
    available: replicaSet.status?.availableReplicas ?? 0,
    trouble,
    now,
  }
  return { ...words, trial: nextTrial(before?.trial, look) }
}

interface TrialSample {
  readonly version: string
  readonly desired: number
  readonly available: number
  readonly trouble: Trouble | undefined
  readonly now: number
}

function nextTrial(last: Trial | undefined, { version, desired, available, trouble, now }: TrialSample): Trial {
  const base = { version, desired, available, at: now }
  const before = last?.version === version ? last : undefined
  if (!before) return { ...base, best: available, stuckMs: 0, ...(trouble ? { trouble } : {}) }
  const best = Math.min(before.best, desired)
  if (available > best) return { ...base, best: available, stuckMs: 0, ...(trouble ? { trouble } : {}) }
  const counts = trouble !== undefined && trouble.fault !== 'elsewhere'
  // A failing pod runs for moments in between; the observed fault stands until there is progress.
  const failing = before.trouble?.fault === 'version' && trouble?.fault !== 'version' ? before.trouble : trouble
  return {
    ...base,
    best,
    stuckMs: before.stuckMs + (counts ? Math.min(longestGapMs, now - before.at) : 0),
    ...(failing ? { trouble: failing } : {}),
  }
}

/** The version to give up, and why; undefined while it may have more time. */
export function expiredVersion(
  trial: Trial | undefined,
  progressDeadlineSeconds: number,
): { readonly version: string; readonly because: string } | undefined {
  return trial !== undefined && trial.stuckMs >= progressDeadlineSeconds * 1000
    ? { version: trial.version, because: trial.trouble?.text ?? '' }
    : undefined
}

/**
 * Pods that do not become ready are at fault only if others are ready: while Kafka or the database
 * is not available no version becomes ready. A missing image or Secret does not depend on that.
 */
function withFault(
  trouble: Trouble | undefined,
  { others, kafkaAnswers }: { readonly others: readonly Pod[]; readonly kafkaAnswers: boolean },
): Trouble | undefined {
  if (!trouble || trouble.fault === 'elsewhere' || trouble.certain) return trouble
  const ready = others.some((pod) => podTrouble(pod) === undefined)
  return ready || (others.length === 0 && kafkaAnswers) ? trouble : { ...trouble, fault: 'elsewhere' }
}

function mostFrequent(all: readonly Trouble[]): Trouble | undefined {
  const rank = { version: 2, starting: 1, elsewhere: 0 }
  const count = (one: Trouble): number => all.filter(({ text }) => text === one.text).length
  return [...all].sort((a, b) => rank[b.fault] - rank[a.fault] || count(b) - count(a))[0]
}

/**
 * The ReplicaSet that the Deployment controller fills now; undefined until the controller has acted
 * on the newest change.
 */
function newReplicaSet(deployment: Deployment, all: readonly ReplicaSet[]): ReplicaSet | undefined {
  const { uid, generation = 0, annotations } = deployment.metadata
  const { observedGeneration = 0 } = (deployment.status ?? {}) as DeploymentStatus
  if (observedGeneration < generation) return undefined
  const number = annotations?.[revision]
  return all.find(
    ({ metadata }) =>
      metadata.annotations?.[revision] === number && metadata.ownerReferences?.some((owner) => owner.uid === uid),
  )
}
