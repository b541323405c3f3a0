// What if a kind of another project is missing? Strimzi, KEDA or a permission of the operator may
// be missing, or come later: what needs them is held, with a message that names the required
// version, and the rest goes on.
import type { ChildKind, Resource } from '../../api/index.ts'
import type { Blocked, Cause } from './blocked.ts'

/** The API server does not serve the kind, or the operator has no permission to list it. */
export type Absence = 'NotServed' | 'Forbidden'

/** Blocks every object of the absent kinds. */
export function blockedByAbsence(absent: ReadonlyMap<Resource, Absence>): Blocked {
  return new Map([...absent].map(([resource, absence]) => [everyOf(resource.kind), absenceCause(resource, absence)]))
}

export function everyOf(kind: string): string {
  return `${kind}/*`
}

export function absenceCause({ apiVersion, kind, plural }: Resource, absence: Absence): Cause {
  const [group = ''] = apiVersion.includes('/') ? apiVersion.split('/') : ['']
  if (absence === 'Forbidden')
    return {
      reason: 'AccessDenied',
      what: `missing rights: the operator may not list ${plural}${group === '' ? '' : `.${group}`}, check its ClusterRole or Role`,
    }
  switch (kind as ChildKind) {
    case 'KafkaTopic':
      return { reason: 'StrimziMissing', what: `Strimzi: ${apiVersion} is not served, install version 0.49 or newer` }
    case 'TriggerAuthentication':
    case 'ScaledObject':
      return { reason: 'KedaMissing', what: `KEDA: ${apiVersion} is not served, install version 2.17 or newer` }
    case 'PrometheusRule':
      return {
        reason: 'ApplyFailed',
        what: `Prometheus Operator: ${apiVersion} is not served, so spec.slo makes no rules; orderpipeline slo-rules prints them as a file`,
      }
    default:
      return { reason: 'ApplyFailed', what: `the API server, which does not serve ${plural} of ${apiVersion}` }
  }
}
