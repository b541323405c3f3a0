// How far is the rollout of a part's newest version, for a person to read?
import type { Deployment, DeploymentStatus, Rollout } from '../../api/index.ts'
import { fingerprintOf } from '../children/fingerprint.ts'
import { labelKeys, retryAnnotation, versionAnnotations } from '../children/names.ts'
import { becauseOf, requestedVersion, stableTemplate } from '../children/part-versions.ts'
import type { LivePart } from '../children/part-versions.ts'

/** The status of a part whose newest version was given up; undefined when it was not. */
export function rollbackOf(live: LivePart): (Rollout & { readonly message: string }) | undefined {
  const current = live[live.active]
  if (current?.metadata.annotations?.[versionAnnotations.givenUp] === undefined) return undefined
  const because = becauseOf(current)
  return {
    phase: 'RolledBack',
    message: `the newest version made no progress and was given up${because === '' ? '' : ` (${because})`}, the last stable version runs; change the spec, or retry with kubectl annotate orderpipeline ${pipelineOf(current)} ${retryAnnotation}=$(date +%s) --overwrite`,
  }
}

function pipelineOf({ metadata }: Deployment): string {
  return metadata.labels?.[labelKeys.pipeline] ?? ''
}

/**
 * The Deployment with the newest version: the other color during a blue-green rollout, else the
 * active one.
 */
export function newestDeployment(live: LivePart): Deployment | undefined {
  const candidate = live[live.active === 'blue' ? 'green' : 'blue']
  return candidate && candidate.metadata.deletionTimestamp === undefined ? candidate : live[live.active]
}

/** Whether a version is not proven yet. */
export function isVersionOnTrial(live: LivePart): boolean {
  const newest = newestDeployment(live)
  if (!newest) return false
  const stable = stableTemplate(newest)
  return !stable || fingerprintOf(stable) !== requestedVersion(newest)
}

/** What is known of the newest version's replicas (new-version.ts). */
interface ReplicaProgress {
  readonly version: string
  readonly available: number
  readonly desired: number
  readonly trouble?: { readonly text: string }
}

/** How far the rollout of a part's newest version is, for a person to read. */
export function rolloutOf(live: LivePart, trial?: ReplicaProgress): Rollout | undefined {
  const newest = newestDeployment(live)
  if (!newest) return undefined
  const rollback = rollbackOf(live)
  if (rollback) return rollback
  if (!isVersionOnTrial(live)) return { phase: 'Stable' }
  const desiredReplicas = newest.spec.replicas ?? 0
  if (desiredReplicas === 0)
    return { phase: 'Progressing', message: 'the new version has not run yet: the desired number of replicas is 0' }
  const progress = trial?.version === requestedVersion(newest) ? trial : undefined
  const available = Math.min(desiredReplicas, progress?.available ?? surelyAvailable(newest))
  const because = progress?.trouble?.text ? `: ${progress.trouble.text}` : ''
  return {
    phase: 'Progressing',
    message: `${available} of ${desiredReplicas} replicas of the new version are available${because}`.slice(0, 1024),
  }
}

/** Replicas that are of the new version even if every old one is available. */
function surelyAvailable(deployment: Deployment): number {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 }: DeploymentStatus = deployment.status ?? {}
  return Math.max(0, availableReplicas - Math.max(0, replicas - updatedReplicas))
}

/** Whether a version that was ready is being replaced in place. */
export function isReplacing(live: LivePart): boolean {
  const current = live[live.active]
  const stable = current && stableTemplate(current)
  return current !== undefined && stable !== undefined && fingerprintOf(stable) !== requestedVersion(current)
}
