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
  /** Empty releases the lease. */
  readonly holder: string
  readonly seconds: number
}

/**
 * Replaces `before`, whose version it names: refused when the lease was written since. `at` in
 * milliseconds.
 */
export function leaseFrom(before: Lease | undefined, { namespace, name, holder, seconds }: Holding, at: number): Lease {
  const renewTime = new Date(at).toISOString().replace('Z', '000Z')
  const isSameHolder = before?.spec?.holderIdentity === holder
  const version = before?.metadata.resourceVersion
  return {
    apiVersion: leases.apiVersion,
    kind: leases.kind,
    metadata: { name, namespace, ...(version ? { resourceVersion: version } : {}) },
    spec: {
      holderIdentity: holder,
      leaseDurationSeconds: seconds,
      renewTime,
      acquireTime: isSameHolder ? (before.spec?.acquireTime ?? renewTime) : renewTime,
      leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (isSameHolder || !before ? 0 : 1),
    },
  }
}

/**
 * The lease in a line of a watch; undefined when there is no lease any more or the watch cannot go
 * on.
 */
export function leaseIn(line: string): Lease | 'bookmark' | undefined {
  const { type, object } = JSON.parse(line) as { type: string; object: Lease }
  if (type === 'BOOKMARK') return 'bookmark'
  return type === 'ADDED' || type === 'MODIFIED' ? object : undefined
}
