// How far is a new version, and is it the version's own fault when it gets no further? The operator
// keeps a clock of its own: the Deployment controller's counts pods that no node takes, stops
// counting at zero replicas, and cannot tell new pods from old ones.
import type { Deployment, DeploymentStatus, KubeObject } from '../api/index.ts'
import { podTrouble, type Pod, type Trouble } from './pod-trouble.ts'
import { askedVersion, isBeingTried, type LivePart, triedDeployment } from './rollout.ts'

export interface ReplicaSet extends KubeObject {
  readonly status?: { readonly availableReplicas?: number }
}

/** Pods and ReplicaSets of both colors of a part. */
export interface PartPods {
  readonly replicaSets: readonly ReplicaSet[]
  readonly pods: readonly Pod[]
}

/**
 * A version on trial, as the clock of the operator has it. In memory only: a restart of the
 * operator gives it more time.
 */
export interface Trial {
  /** Fingerprint of the pods that are asked for. */
  readonly version: string
  readonly available: number
  readonly wanted: number
  /** The most replicas that were available at once. */
  readonly best: number
  /** Milliseconds without progress for which the version itself is to blame. */
  readonly stuckMs: number
  /** When the pods were last looked at, milliseconds. */
  readonly at: number
  /** Why its pods do not run, and whether that is the version's fault. */
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
 * Only what is on trial or lacks replicas is looked at, so that a settled pipeline costs no
 * request.
 */
export const needsLook = (live: LivePart, minReplicas: number): boolean => {
  const deployment = triedDeployment(live)
  if (!deployment || (deployment.spec.replicas ?? 0) === 0) return false
  const { readyReplicas = 0 } = (live[live.active]?.status ?? {}) as DeploymentStatus
  return isBeingTried(live) || readyReplicas < minReplicas
}

/** `kafkaAnswers`: whether Kafka can be reached, by the operator at least. */
export const podReport = (
  before: PodReport | undefined,
  live: LivePart,
  seen: PartPods,
  kafkaAnswers: boolean,
  now: number,
): PodReport => {
  const deployment = triedDeployment(live)
  const version = deployment && askedVersion(deployment)
  const replicaSet = deployment && newReplicaSet(deployment, seen.replicaSets)
  if (!deployment || version === undefined || !replicaSet) return before ?? {}
  const pods = seen.pods.filter(({ metadata }) => metadata.deletionTimestamp === undefined)
  const isNew = (pod: Pod): boolean =>
    pod.metadata.ownerReferences?.some(({ uid }) => uid === replicaSet.metadata.uid) ?? false
  const trouble = blamed(mostFrequent(pods.filter(isNew).flatMap((pod) => podTrouble(pod) ?? [])), {
    others: pods.filter((pod) => !isNew(pod)),
    kafkaAnswers,
  })
  const words = trouble && trouble.text !== '' ? { trouble: trouble.text } : {}
  if (!isBeingTried(live)) return words
  const look = {
    version,
    wanted: deployment.spec.replicas ?? 0,
    available: replicaSet.status?.availableReplicas ?? 0,
    trouble,
    now,
  }
  return { ...words, trial: advanced(before?.trial, look) }
}

interface Look {
  readonly version: string
  readonly wanted: number
  readonly available: number
  readonly trouble: Trouble | undefined
  readonly now: number
}

const advanced = (last: Trial | undefined, { version, wanted, available, trouble, now }: Look): Trial => {
  const base = { version, wanted, available, at: now }
  const before = last?.version === version ? last : undefined
  if (!before) return { ...base, best: available, stuckMs: 0, ...(trouble ? { trouble } : {}) }
  const best = Math.min(before.best, wanted)
  if (available > best) return { ...base, best: available, stuckMs: 0, ...(trouble ? { trouble } : {}) }
  const counts = trouble !== undefined && trouble.fault !== 'elsewhere'
  // A pod that fails is running for moments in between; what was seen stands until there is
  // progress.
  const failing = before.trouble?.fault === 'version' && trouble?.fault !== 'version' ? before.trouble : trouble
  return {
    ...base,
    best,
    stuckMs: before.stuckMs + (counts ? Math.min(longestGapMs, now - before.at) : 0),
    ...(failing ? { trouble: failing } : {}),
  }
}

/** The version to give up, and why; undefined when it may have more time. */
export const expiredVersion = (
  trial: Trial | undefined,
  progressDeadlineSeconds: number,
): { readonly version: string; readonly because: string } | undefined =>
  trial !== undefined && trial.stuckMs >= progressDeadlineSeconds * 1000
    ? { version: trial.version, because: trial.trouble?.text ?? '' }
    : undefined

/**
 * Pods that do not get ready are to blame only if others do: while Kafka or the database is away no
 * version gets ready. An image or a Secret that is not there has nothing to do with that.
 */
const blamed = (
  trouble: Trouble | undefined,
  { others, kafkaAnswers }: { readonly others: readonly Pod[]; readonly kafkaAnswers: boolean },
): Trouble | undefined => {
  if (!trouble || trouble.fault === 'elsewhere' || trouble.certain) return trouble
  const ready = others.some((pod) => podTrouble(pod) === undefined)
  return ready || (others.length === 0 && kafkaAnswers) ? trouble : { ...trouble, fault: 'elsewhere' }
}

const mostFrequent = (all: readonly Trouble[]): Trouble | undefined => {
  const rank = { version: 2, starting: 1, elsewhere: 0 }
  const count = (one: Trouble): number => all.filter(({ text }) => text === one.text).length
  return [...all].sort((a, b) => rank[b.fault] - rank[a.fault] || count(b) - count(a))[0]
}

/**
 * The one the Deployment controller fills now; undefined until it has acted on the newest change.
 */
const newReplicaSet = (deployment: Deployment, all: readonly ReplicaSet[]): ReplicaSet | undefined => {
  const { uid, generation = 0, annotations } = deployment.metadata
  const { observedGeneration = 0 } = (deployment.status ?? {}) as DeploymentStatus
  if (observedGeneration < generation) return undefined
  const number = annotations?.[revision]
  return all.find(
    ({ metadata }) =>
      metadata.annotations?.[revision] === number && metadata.ownerReferences?.some((owner) => owner.uid === uid),
  )
}
