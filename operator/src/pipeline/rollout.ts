// Which version of a part's pods should run, and in which Deployment? A new version is tried; the newest one that was ready is
// kept on the Deployment itself, so that whoever comes next, whatever has crashed, can bring it back.
import type { Deployment, DeploymentStatus, Rollout, Strategy, V1DeploymentSpec } from '../api/index.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type Color, versionAnnotations } from './names.ts'

export type Template = V1DeploymentSpec['template']

/** A part as it is now: its Deployments by color, and the one the autoscaler and the Service are pointed at. */
export interface LivePart {
  readonly active: Color
  readonly blue: Deployment | undefined
  readonly green: Deployment | undefined
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
 * `template` makes the pods of one color as the spec wants them. Rolling: in place, and back to the stable version when the new
 * one makes no progress within its deadline. Blue-green: beside the stable version, which keeps working until every new replica
 * is available.
 */
export const roll = (template: (color: Color) => Template, live: LivePart, strategy: Strategy = {}): Rolled => {
  const { active } = live
  const current = live[active]
  const wanted = template(active)
  if (!current) return { active, versions: [fresh(active, wanted)] }
  const [version, asked] = [fingerprintOf(wanted), askedVersion(current)]
  const stable = stableTemplate(current)
  if (stable && current.metadata.annotations?.[versionAnnotations.givenUp] === version)
    return { active, versions: [givenUp(active, stable, version)] }
  if (asked === version) return { active, versions: [inPlace(active, wanted, current, stable)] }
  // Where nothing runs, or what runs has never been ready, there is nothing worth keeping beside a newer version.
  const worthKeeping = stable && fingerprintOf(stable) === asked && (current.spec.replicas ?? 0) > 0
  if (strategy.type !== 'BlueGreen' || !worthKeeping) return { active, versions: [fresh(active, wanted, stable)] }
  return changeOver(template, live, stable, version)
}

const changeOver = (
  template: (color: Color) => Template,
  live: LivePart,
  stable: Template,
  version: string,
): Rolled => {
  const { active } = live
  const next: Color = active === 'blue' ? 'green' : 'blue'
  const old: Version = { color: active, template: stable, annotations: annotations(stable, stable) }
  const wanted = template(next)
  const candidate = live[next]
  const tried = candidate !== undefined && askedVersion(candidate) === fingerprintOf(wanted)
  if (tried && isComplete(candidate))
    return {
      active: next,
      versions: [old, { color: next, template: wanted, annotations: annotations(wanted, wanted) }],
    }
  if (tried && madeNoProgress(candidate)) return { active, versions: [givenUp(active, stable, version)] }
  return { active, versions: [old, fresh(next, wanted)] }
}

const inPlace = (color: Color, wanted: Template, current: Deployment, stable: Template | undefined): Version => {
  if (isComplete(current)) return { color, template: wanted, annotations: annotations(wanted, wanted) }
  const other = stable && fingerprintOf(stable) !== fingerprintOf(wanted)
  if (other && madeNoProgress(current)) return givenUp(color, stable, fingerprintOf(wanted))
  return fresh(color, wanted, stable)
}

const fresh = (color: Color, template: Template, stable?: Template): Version => ({
  color,
  template,
  annotations: annotations(template, stable),
})

const givenUp = (color: Color, stable: Template, version: string): Version => ({
  color,
  template: stable,
  annotations: { ...annotations(stable, stable), [versionAnnotations.givenUp]: version },
})

const annotations = (template: Template, stable: Template | undefined): Record<string, string> => ({
  [versionAnnotations.asked]: fingerprintOf(template),
  ...(stable ? { [versionAnnotations.stable]: JSON.stringify(stable) } : {}),
})

/** What to say of a part whose newest version was given up; undefined when it was not. */
export const rolledBack = (live: LivePart): (Rollout & { readonly message: string }) | undefined => {
  const current = live[live.active]
  if (current?.metadata.annotations?.[versionAnnotations.givenUp] === undefined) return undefined
  return {
    phase: 'RolledBack',
    message: `the newest version made no progress and was given up, the last stable one runs; change the spec, or try again with kubectl annotate deployment ${current.metadata.name} ${versionAnnotations.givenUp}-`,
  }
}

/** Where a part's newest version stands, for a person to read. */
export const rolloutOf = (live: LivePart): Rollout | undefined => {
  const current = live[live.active]
  const candidate = live[live.active === 'blue' ? 'green' : 'blue']
  if (!current) return undefined
  const rollback = rolledBack(live)
  if (rollback) return rollback
  const trying = candidate && candidate.metadata.deletionTimestamp === undefined ? candidate : current
  const stable = stableTemplate(current)
  if (trying === current && stable && fingerprintOf(stable) === askedVersion(current)) return { phase: 'Stable' }
  const { updatedReplicas = 0, availableReplicas = 0 } = statusOf(trying)
  const of = trying.spec.replicas ?? 0
  return {
    phase: 'Progressing',
    message: `${Math.min(updatedReplicas, availableReplicas)} of ${of} replicas of the new version are available`,
  }
}

/** Whether a version that was ready is being replaced in place. */
export const isReplacing = (live: LivePart): boolean => {
  const current = live[live.active]
  const stable = current && stableTemplate(current)
  return current !== undefined && stable !== undefined && fingerprintOf(stable) !== askedVersion(current)
}

const askedVersion = ({ metadata }: Deployment): string | undefined => metadata.annotations?.[versionAnnotations.asked]

const stableTemplate = ({ metadata }: Deployment): Template | undefined => {
  const text = metadata.annotations?.[versionAnnotations.stable]
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Template
  } catch {
    return undefined // changed by somebody: as if there had been none
  }
}

const statusOf = ({ status }: Deployment): DeploymentStatus => status ?? {}

/** Every replica is of this version and available. None at all proves nothing. */
const isComplete = (deployment: Deployment): boolean => {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = statusOf(deployment)
  const wanted = deployment.spec.replicas ?? 0
  return (
    observedGeneration >= (deployment.metadata.generation ?? 0) &&
    wanted > 0 &&
    updatedReplicas === wanted &&
    replicas === wanted &&
    availableReplicas === wanted
  )
}

const madeNoProgress = (deployment: Deployment): boolean => {
  const { observedGeneration = 0, conditions = [] } = statusOf(deployment)
  return (
    observedGeneration >= (deployment.metadata.generation ?? 0) &&
    conditions.some(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded')
  )
}
