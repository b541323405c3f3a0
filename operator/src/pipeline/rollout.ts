// Which version of a part's pods should run, and in which Deployment? A new version is tried; the
// newest one that was ready is kept on the Deployment itself, so that whoever comes next, whatever
// has crashed, can bring it back.
import type { Deployment, DeploymentStatus, Rollout, Strategy, V1DeploymentSpec } from '../api/index.ts'
import { fingerprintOf } from './fingerprint.ts'
import { type Color, labelKeys, retryAnnotation, versionAnnotations } from './names.ts'

export type Template = V1DeploymentSpec['template']

/**
 * A part as it is now: its Deployments by color, and the one the autoscaler and the Service are
 * pointed at.
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
  /** Replicas without which a version counts as not yet proven. */
  readonly minReplicas?: number
  readonly expired?: Expired | undefined
  /**
   * Fingerprint of what the pods are made from. While it stays, pods stay as they are: a newer
   * operator, which would make others of the same, replaces none.
   */
  readonly inputs?: string | undefined
  /** Of the pipeline: another value than that of a version's failure has it tried again. */
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
 * `template` makes the pods of one color as the spec wants them. Rolling: in place, and back to the
 * stable version when the new one makes no progress within its deadline. Blue-green: beside the
 * stable version, which keeps working until every new replica is available.
 */
export const roll = (template: (color: Color) => Template, live: LivePart, settings: RollSettings = {}): Rolled => {
  const { active, versions } = rolled(template, live, settings)
  return { active, versions: versions.map((version) => markedActive(version, active)) }
}

/**
 * Without the mark blue is active, so that only a part on green carries it, and survives the loss
 * of its ScaledObject.
 */
const markedActive = (version: Version, active: Color): Version =>
  version.color === 'green' && active === 'green'
    ? { ...version, annotations: { ...version.annotations, [versionAnnotations.active]: 'true' } }
    : version

const rolled = (template: (color: Color) => Template, live: LivePart, settings: RollSettings): Rolled => {
  const { strategy = {}, minReplicas = 1, expired, inputs, retry } = settings
  const { active } = live
  const current = live[active]
  const wanted = wantedTemplate(template, active, live, inputs)
  if (!current) return { active, versions: [fresh(active, wanted, { inputs })] }
  const [version, asked] = [fingerprintOf(wanted), askedVersion(current)]
  const stable = stableTemplate(current)
  if (stable && isGivenUp(current, version, retry))
    return { active, versions: [givenUp(active, stable, { version, because: becauseOf(current) }, retryOf(current))] }
  if (asked === version) {
    if (isComplete(current, minReplicas))
      return {
        active,
        versions: [{ color: active, template: wanted, annotations: annotations(wanted, wanted, inputs) }],
      }
    const other = stable !== undefined && fingerprintOf(stable) !== version
    if (other && expired?.version === version) return { active, versions: [givenUp(active, stable, expired, retry)] }
    return { active, versions: [fresh(active, wanted, { stable, inputs })] }
  }
  // Where nothing runs, or what runs has never been ready, there is nothing worth keeping beside a
  // newer version.
  const worthKeeping = stable && fingerprintOf(stable) === asked && (current.spec.replicas ?? 0) > 0
  if (strategy.type !== 'BlueGreen' || !worthKeeping)
    return { active, versions: [fresh(active, wanted, { stable, inputs })] }
  return changeOver(template, live, stable, settings)
}

const changeOver = (
  template: (color: Color) => Template,
  live: LivePart,
  stable: Template,
  { expired, inputs, retry }: RollSettings,
): Rolled => {
  const { active } = live
  const next: Color = active === 'blue' ? 'green' : 'blue'
  const old: Version = {
    color: active,
    template: stable,
    annotations: annotations(stable, stable, inputsOf(live[active])),
  }
  const wanted = wantedTemplate(template, next, live, inputs)
  const candidate = live[next]
  const tried = candidate !== undefined && askedVersion(candidate) === fingerprintOf(wanted)
  // The autoscaler may have scaled the old one since: a change-over takes no replica away.
  if (tried && isComplete(candidate, replicasOf(candidate)) && replicasOf(candidate) >= replicasOf(live[active]))
    return {
      active: next,
      versions: [old, { color: next, template: wanted, annotations: annotations(wanted, wanted, inputs) }],
    }
  if (tried && expired !== undefined && expired.version === askedVersion(candidate))
    return {
      active,
      versions: [
        givenUp(active, stable, { version: fingerprintOf(template(active)), because: expired.because }, retry),
      ],
    }
  return { active, versions: [old, fresh(next, wanted, { inputs })] }
}

/**
 * The proven pods of a Deployment while they are made from the same, whatever this operator would
 * make of it.
 */
const wantedTemplate = (
  template: (color: Color) => Template,
  color: Color,
  live: LivePart,
  inputs: string | undefined,
): Template => {
  const deployment = live[color]
  const stable = deployment && stableTemplate(deployment)
  const same = inputs !== undefined && inputsOf(deployment) === inputs
  return same && stable && fingerprintOf(stable) === askedVersion(deployment) ? stable : template(color)
}

const fresh = (
  color: Color,
  template: Template,
  { stable, inputs }: { readonly stable?: Template | undefined; readonly inputs: string | undefined },
): Version => ({
  color,
  template,
  annotations: annotations(template, stable, inputs),
})

const inputsOf = (deployment: Deployment | undefined): string | undefined =>
  deployment?.metadata.annotations?.[versionAnnotations.inputs]

/** Without inputs: the pods asked for are not made from what the spec says now. */
const givenUp = (
  color: Color,
  stable: Template,
  { version, because }: Expired,
  retry: string | undefined,
): Version => ({
  color,
  template: stable,
  annotations: {
    ...annotations(stable, stable),
    [versionAnnotations.givenUp]: version,
    ...(because === '' ? {} : { [versionAnnotations.givenUpBecause]: because }),
    ...(retry === undefined ? {} : { [versionAnnotations.givenUpRetry]: retry }),
  },
})

/** Still given up, and not asked for again since. */
const isGivenUp = (deployment: Deployment, version: string, retry: string | undefined): boolean =>
  deployment.metadata.annotations?.[versionAnnotations.givenUp] === version &&
  (retry === undefined || retry === retryOf(deployment))

const retryOf = ({ metadata }: Deployment): string | undefined =>
  metadata.annotations?.[versionAnnotations.givenUpRetry]

const becauseOf = ({ metadata }: Deployment): string => metadata.annotations?.[versionAnnotations.givenUpBecause] ?? ''

const annotations = (template: Template, stable: Template | undefined, inputs?: string): Record<string, string> => ({
  [versionAnnotations.asked]: fingerprintOf(template),
  ...(inputs === undefined ? {} : { [versionAnnotations.inputs]: inputs }),
  ...(stable ? { [versionAnnotations.stable]: JSON.stringify(stable) } : {}),
})

/** What to say of a part whose newest version was given up; undefined when it was not. */
export const rolledBack = (live: LivePart): (Rollout & { readonly message: string }) | undefined => {
  const current = live[live.active]
  if (current?.metadata.annotations?.[versionAnnotations.givenUp] === undefined) return undefined
  const because = becauseOf(current)
  return {
    phase: 'RolledBack',
    message: `the newest version made no progress and was given up${because === '' ? '' : ` (${because})`}, the last stable one runs; change the spec, or try again with kubectl annotate orderpipeline ${pipelineOf(current)} ${retryAnnotation}=$(date +%s) --overwrite`,
  }
}

const pipelineOf = ({ metadata }: Deployment): string => metadata.labels?.[labelKeys.pipeline] ?? ''

/**
 * The Deployment that has the newest version: the other color during a change-over, else the active
 * one.
 */
export const triedDeployment = (live: LivePart): Deployment | undefined => {
  const candidate = live[live.active === 'blue' ? 'green' : 'blue']
  return candidate && candidate.metadata.deletionTimestamp === undefined ? candidate : live[live.active]
}

/** Whether a version has still to prove itself. */
export const isBeingTried = (live: LivePart): boolean => {
  const tried = triedDeployment(live)
  if (!tried) return false
  const stable = stableTemplate(tried)
  return !stable || fingerprintOf(stable) !== askedVersion(tried)
}

/** What is known of the replicas of the newest version (new-version.ts). */
interface Counted {
  readonly version: string
  readonly available: number
  readonly wanted: number
  readonly trouble?: { readonly text: string }
}

/** Where a part's newest version stands, for a person to read. */
export const rolloutOf = (live: LivePart, trial?: Counted): Rollout | undefined => {
  const tried = triedDeployment(live)
  if (!tried) return undefined
  const rollback = rolledBack(live)
  if (rollback) return rollback
  if (!isBeingTried(live)) return { phase: 'Stable' }
  const wanted = tried.spec.replicas ?? 0
  if (wanted === 0) return { phase: 'Progressing', message: 'the new version has not run yet: no replicas are wanted' }
  const known = trial?.version === askedVersion(tried) ? trial : undefined
  const available = Math.min(wanted, known?.available ?? surelyAvailable(tried))
  const because = known?.trouble?.text ? `: ${known.trouble.text}` : ''
  return {
    phase: 'Progressing',
    message: `${available} of ${wanted} replicas of the new version are available${because}`.slice(0, 1024),
  }
}

/** Replicas of the new version that are available even if every old one is. */
const surelyAvailable = (deployment: Deployment): number => {
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = statusOf(deployment)
  return Math.max(0, availableReplicas - Math.max(0, replicas - updatedReplicas))
}

/** Whether a version that was ready is being replaced in place. */
export const isReplacing = (live: LivePart): boolean => {
  const current = live[live.active]
  const stable = current && stableTemplate(current)
  return current !== undefined && stable !== undefined && fingerprintOf(stable) !== askedVersion(current)
}

export const askedVersion = ({ metadata }: Deployment): string | undefined =>
  metadata.annotations?.[versionAnnotations.asked]

export const stableTemplate = ({ metadata }: Deployment): Template | undefined => {
  const text = metadata.annotations?.[versionAnnotations.stable]
  if (text === undefined) return undefined
  try {
    return JSON.parse(text) as Template
  } catch {
    return undefined // changed by somebody: as if there had been none
  }
}

/** Of a Deployment as it was read, which may be anybody's. */
export const templateOf = (deployment: Deployment | undefined): Template | undefined =>
  (deployment?.spec as Partial<V1DeploymentSpec> | undefined)?.template

const replicasOf = (deployment: Deployment | undefined): number => deployment?.spec.replicas ?? 0

const statusOf = ({ status }: Deployment): DeploymentStatus => status ?? {}

/**
 * No replica of another version is left, and at least so many are available. Not every one has to
 * be: an autoscaler adds some at any time, and a full cluster may have no node for the last. None
 * at all proves nothing.
 */
const isComplete = (deployment: Deployment, least: number): boolean => {
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = statusOf(deployment)
  const wanted = deployment.spec.replicas ?? 0
  return (
    observedGeneration >= (deployment.metadata.generation ?? 0) &&
    wanted > 0 &&
    updatedReplicas === replicas &&
    availableReplicas >= Math.max(1, Math.min(wanted, least))
  )
}
