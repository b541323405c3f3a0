// What does the Lease say, and what is written into it? Pure.
import type { KubeObject, Resource } from '../api/index.ts'

export const leases: Resource = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' }

export type Lease = KubeObject & {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly leaseDurationSeconds?: number
    readonly acquireTime?: string
    readonly renewTime?: string
    readonly leaseTransitions?: number
  }
}

export interface Holding {
  readonly namespace: string
  readonly name: string
  /** Empty gives it back. */
  readonly holder: string
  readonly seconds: number
}

/**
 * To be written over `before`, whose version it names: refused when somebody else has written
 * since. `at` in milliseconds.
 */
export const leaseFrom = (
  before: Lease | undefined,
  { namespace, name, holder, seconds }: Holding,
  at: number,
): Lease => {
  const renewTime = new Date(at).toISOString().replace('Z', '000Z')
  const kept = before?.spec?.holderIdentity === holder
  const version = before?.metadata.resourceVersion
  return {
    apiVersion: leases.apiVersion,
    kind: leases.kind,
    metadata: { name, namespace, ...(version ? { resourceVersion: version } : {}) },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: seconds,
      renewTime,
      acquireTime: kept ? (before.spec?.acquireTime ?? renewTime) : renewTime,
      leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (kept || !before ? 0 : 1),
    },
  }
}

/**
 * What a line of a watch tells; undefined when there is no lease any more or it cannot be followed
 * from here.
 */
export const leaseIn = (line: string): Lease | 'bookmark' | undefined => {
  const { type, object } = JSON.parse(line) as { type: string; object: Lease }
  if (type === 'BOOKMARK') return 'bookmark'
  return type === 'ADDED' || type === 'MODIFIED' ? object : undefined
}
