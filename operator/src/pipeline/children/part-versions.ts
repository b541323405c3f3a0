// Which versions of a part's pods do its Deployments record? The requested one, the newest one that
// was ready, and the one that was given up.
import type { Deployment, V1DeploymentSpec } from '../../api/index.ts'
import { fingerprintOf } from './fingerprint.ts'
import { versionAnnotations } from './names.ts'
import type { Color } from './names.ts'

/**
 * A part as it is now: its Deployments by color, and the color that the autoscaler and the Service
 * point at.
 */
export interface LivePart {
  readonly active: Color
  readonly blue: Deployment | undefined
  readonly green: Deployment | undefined
}

export type Template = V1DeploymentSpec['template']

/** A version that made no progress within its deadline, by its fingerprint, and why. */
export interface Expired {
  readonly version: string
  readonly because: string
}

export function versionRecord(
  template: Template,
  stable: Template | undefined,
  inputs?: string,
): Record<string, string> {
  return {
    [versionAnnotations.asked]: fingerprintOf(template),
    ...(inputs === undefined ? {} : { [versionAnnotations.inputs]: inputs }),
    ...(stable ? { [versionAnnotations.stable]: JSON.stringify(stable) } : {}),
  }
}

export function inputsOf(deployment: Deployment | undefined): string | undefined {
  return deployment?.metadata.annotations?.[versionAnnotations.inputs]
}

export function retryOf({ metadata }: Deployment): string | undefined {
  return metadata.annotations?.[versionAnnotations.givenUpRetry]
}

export function becauseOf({ metadata }: Deployment): string {
  return metadata.annotations?.[versionAnnotations.givenUpBecause] ?? ''
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
