// Which version of a part's pods should run, and in which Deployment? A new version is tried. The
// newest one that was ready is stored on the Deployment itself, so that any later operator process
// can restore it after a crash.
import type { Deployment, DeploymentStatus, Strategy } from '../../api/index.ts'
import { fingerprintOf } from '../children/fingerprint.ts'
import { versionAnnotations } from '../children/names.ts'
import type { Color } from '../children/names.ts'
import {
  versionRecord,
  inputsOf,
  retryOf,
  becauseOf,
  requestedVersion,
  stableTemplate,
} from '../children/part-versions.ts'
import type { LivePart, Template, Expired } from '../children/part-versions.ts'

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
        versions: [{ color: active, template: desired, annotations: versionRecord(desired, desired, inputs) }],
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
    annotations: versionRecord(stable, stable, inputsOf(live[active])),
  }
  const desired = desiredTemplate(template, next, live, inputs)
  const candidate = live[next]
  const isOnTrial = candidate !== undefined && requestedVersion(candidate) === fingerprintOf(desired)
  // The autoscaler may have scaled the old one since: the switch of color must not remove a
  // replica.
  if (isOnTrial && isComplete(candidate, replicasOf(candidate)) && replicasOf(candidate) >= replicasOf(live[active]))
    return {
      active: next,
      versions: [old, { color: next, template: desired, annotations: versionRecord(desired, desired, inputs) }],
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
    annotations: versionRecord(template, stable, inputs),
  }
}

/** Without inputs: the requested pods are not made from the current spec. */
function givenUp(color: Color, stable: Template, { version, because }: Expired, retry: string | undefined): Version {
  return {
    color,
    template: stable,
    annotations: {
      ...versionRecord(stable, stable),
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
