// Which version of a part's pods should run, and in which Deployment? A new version is tried. The
// newest one that was ready is stored on the Deployment itself, so that any later operator process
// can restore it after a crash.
import type { Deployment, DeploymentStatus, Rollout, Strategy, V1DeploymentSpec } from '../api/index.ts'
import { fingerprintOf } from './fingerprint.ts'
import { labelKeys, retryAnnotation, versionAnnotations } from './names.ts'
import type { Color } from './names.ts'

export type Template = V1DeploymentSpec['template']

/**
 * A part as it is now: its Deployments by color, and the color that the autoscaler and the Service
 * point at.
 */
export interface LivePart {
  readonly active: Color
  readonly blue: Deployment | undefined
  readonly green: Deployment | undefined
}

/** A version that made no progress within its deadline, by its fingerprint, and why. */
export interface Expired {
  readonly version: string
  readonly because: string
}

export interface RollSettings {
  readonly strategy?: Strategy | undefined
  /** Available replicas that prove a version. */
  readonly minReplicas?: number
  readonly expired?: Expired | undefined
  /**
   * Fingerprint of what the pods are made from. While it stays, pods stay as they are: a newer
   * operator, which would make different pods from the same inputs, replaces none.
   */
  readonly inputs?: string | undefined
  /**
   * The pipeline's retry annotation: a value other than at a version's failure has the version
   * tried again.
   */
  readonly retry?: string | undefined
}

/** What a Deployment of the part should be. */
export interface Version {
  readonly color: Color
  readonly template: Template
  readonly annotations: Readonly<Record<string, string>>
}

export interface Rolled {
  /** Where the autoscaler and the Service should point. */
  readonly active: Color
  readonly versions: readonly Version[]
}

/**
 * `template` makes the pods of one color as the spec says. Rolling: in place, and back to the
 * stable version when the new one makes no progress within its deadline. Blue-green: next to the
 * stable version, which keeps working until every new replica is available.
 */
export function roll(template: (color: Color) => Template, live: LivePart, settings: RollSettings = {}): Rolled {
  const { active, versions } = rolled(template, live, settings)
  return { active, versions: versions.map((version) => markedActive(version, active)) }
}

/**
 * Without the annotation blue is active. So only a part on green has it, and stays on green when
 * its ScaledObject is lost.
 */
function markedActive(version: Version, active: Color): Version {
  return version.color === 'green' && active === 'green'
    ? { ...version, annotations: { ...version.annotations, [versionAnnotations.active]: 'true' } }
    : version
}

function rolled(template: (color: Color) => Template, live: LivePart, settings: RollSettings): Rolled {
  const { strategy = {}, minReplicas = 1, expired, inputs, retry } = settings
  const { active } = live
  const current = live[active]
  const desired = desiredTemplate(template, active, live, inputs)
  if (!current) return { active, versions: [fresh(active, desired, { inputs })] }
  const [version, currentVersion] = [fingerprintOf(desired), requestedVersion(current)]
  const stable = stableTemplate(current)
  if (stable && isGivenUp(current, version, retry))
    return { active, versions: [givenUp(active, stable, { version, because: becauseOf(current) }, retryOf(current))] }
  if (currentVersion === version) {
    if (isComplete(current, minReplicas))
      return {
        active,
        versions: [{ color: active, template: desired, annotations: annotations(desired, desired, inputs) }],
      }
    const other = stable !== undefined && fingerprintOf(stable) !== version
    if (other && expired?.version === version) return { active, versions: [givenUp(active, stable, expired, retry)] }
    return { active, versions: [fresh(active, desired, { stable, inputs })] }
  }
  // Where nothing runs, or what runs has never been ready, no stable version has to be kept next to
  // a newer version.
  const worthKeeping = stable && fingerprintOf(stable) === currentVersion && (current.spec.replicas ?? 0) > 0
  if (strategy.type !== 'BlueGreen' || !worthKeeping)
    return { active, versions: [fresh(active, desired, { stable, inputs })] }
  return changeOver(template, live, stable, settings)
}

function changeOver(
  template: (color: Color) => Template,
  live: LivePart,
  stable: Template,
  { expired, inputs, retry }: RollSettings,
): Rolled {
  const { active } = live
  const next: Color = active === 'blue' ? 'green' : 'blue'
  const old: Version = {
    color: active,
    template: stable,
    annotations: annotations(stable, stable, inputsOf(live[active])),
  }
  const desired = desiredTemplate(template, next, live, inputs)
  const candidate = live[next]
  const isOnTrial = candidate !== undefined && requestedVersion(candidate) === fingerprintOf(desired)
  // The autoscaler may have scaled the old one since: the switch of color must not remove a
  // replica.
  if (isOnTrial && isComplete(candidate, replicasOf(candidate)) && replicasOf(candidate) >= replicasOf(live[active]))
    return {
      active: next,
      versions: [old, { color: next, template: desired, annotations: annotations(desired, desired, inputs) }],
    }
  if (isOnTrial && expired !== undefined && expired.version === requestedVersion(candidate))
    return {
      active,
      versions: [
        givenUp(active, stable, { version: fingerprintOf(template(active)), because: expired.because }, retry),
      ],
    }
  return { active, versions: [old, fresh(next, desired, { inputs })] }
}

/**
 * The proven pods of a Deployment while their inputs stay, whatever this operator would make from
 * them.
 */
function desiredTemplate(
  template: (color: Color) => Template,
  color: Color,
  live: LivePart,
  inputs: string | undefined,
): Template {
  const deployment = live[color]
  const stable = deployment && stableTemplate(deployment)
  const same = inputs !== undefined && inputsOf(deployment) === inputs
  return same && stable && fingerprintOf(stable) === requestedVersion(deployment) ? stable : template(color)
}

function fresh(
  color: Color,
  template: Template,
  { stable, inputs }: { readonly stable?: Template | undefined; readonly inputs: string | undefined },
): Version {
  return {
    color,
    template,
    annotations: annotations(template, stable, inputs),
  }
}

function inputsOf(deployment: Deployment | undefined): string | undefined {
  return deployment?.metadata.annotations?.[versionAnnotations.inputs]
}

/** Without inputs: the requested pods are not made from the current spec. */
function givenUp(color: Color, stable: Template, { version, because }: Expired, retry: string | undefined): Version {
  return {
    color,
    template: stable,
    annotations: {
      ...annotations(stable, stable),
      [versionAnnotations.givenUp]: version,
      ...(because === '' ? {} : { [versionAnnotations.givenUpBecause]: because }),
      ...(retry === undefined ? {} : { [versionAnnotations.givenUpRetry]: retry }),
    },
  }
}

/** Given up, and no retry requested since. */
function isGivenUp(deployment: Deployment, version: string, retry: string | undefined): boolean {
  return (
    deployment.metadata.annotations?.[versionAnnotations.givenUp] === version &&
    (retry === undefined || retry === retryOf(deployment))
  )
}

function retryOf({ metadata }: Deployment): string | undefined {
  return metadata.annotations?.[versionAnnotations.givenUpRetry]
}

function becauseOf({ metadata }: Deployment): string {
  return metadata.annotations?.[versionAnnotations.givenUpBecause] ?? ''
}

function annotations(template: Template, stable: Template | undefined, inputs?: string): Record<string, string> {
  return {
    [versionAnnotations.asked]: fingerprintOf(template),
    ...(inputs === undefined ? {} : { [versionAnnotations.inputs]: inputs }),
    ...(stable ? { [versionAnnotations.stable]: JSON.stringify(stable) } : {}),
  }
}

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
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = statusOf(deployment)
  return Math.max(0, availableReplicas - Math.max(0, replicas - updatedReplicas))
}

/** Whether a version that was ready is being replaced in place. */
export function isReplacing(live: LivePart): boolean {
  const current = live[live.active]
  const stable = current && stableTemplate(current)
  return current !== undefined && stable !== undefined && fingerprintOf(stable) !== requestedVersion(current)
}

export function requestedVersion({ metadata }: Deployment): string | undefined {
  return metadata.annotations?.[versionAnnotations.asked]
}

export function stableTemplate({ metadata }: Deployment): Template | undefined {
  const text = metadata.annotations?.[versionAnnotations.stable]
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Template
  } catch {
    return undefined // another client changed it: as if there were none
  }
}

/** The pod template of a Deployment as it was read, which may belong to another owner. */
export function templateOf(deployment: Deployment | undefined): Template | undefined {
  return (deployment?.spec as Partial<V1DeploymentSpec> | undefined)?.template
}

function replicasOf(deployment: Deployment | undefined): number {
  return deployment?.spec.replicas ?? 0
}

function statusOf({ status }: Deployment): DeploymentStatus {
  return status ?? {}
}

/**
 * No replica of another version remains, and at least `least` are available. Not every one has to
 * be: an autoscaler adds some at any time, and a full cluster may have no node for the last. With
 * none available a version is not proven.
 */
function isComplete(deployment: Deployment, least: number): boolean {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = statusOf(deployment)
  const desiredReplicas = deployment.spec.replicas ?? 0
  return (
    observedGeneration >= (deployment.metadata.generation ?? 0) &&
    desiredReplicas > 0 &&
    updatedReplicas === replicas &&
    availableReplicas >= Math.max(1, Math.min(desiredReplicas, least))
  )
}
