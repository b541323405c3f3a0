// Which of several operators acts? The one that holds the Lease, and only while its last renewal is young enough that no
// other can have taken it.
import { isConflict } from '../kube/errors.ts'
import type { KubeObject, Resource } from '../api/index.ts'
import type { Kube } from '../kube/port.ts'
import { pause } from './pause.ts'

const leases: Resource = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', plural: 'leases' }

export interface LeaderSettings {
  readonly namespace: string
  readonly name: string
  readonly holder: string
  /** Others may take the lease when it was not renewed for this long. */
  readonly seconds: number
}

export interface Leader {
  /** Milliseconds for which nobody else can hold the lease: writes must have ended by then. */
  readonly mayWriteFor: () => number
  /** Waits for the lease. Resolves false when the signal aborts first. */
  acquire(signal: AbortSignal): Promise<boolean>
  /** Renews it until the signal aborts; resolves 'lost' when it could not be kept. */
  hold(signal: AbortSignal): Promise<'released' | 'lost'>
  /** Lets the next one in at once. */
  release(): Promise<void>
}

interface LeaseSpec {
  readonly holderIdentity?: string
  readonly leaseDurationSeconds?: number
  readonly acquireTime?: string
  readonly renewTime?: string
  readonly leaseTransitions?: number
}
type Lease = KubeObject & { readonly spec?: LeaseSpec }

export const leader = (
  kube: Pick<Kube, 'get' | 'create' | 'replace'>,
  { namespace, name, holder, seconds }: LeaderSettings,
  clock: { readonly now: () => number; readonly random: () => number },
): Leader => {
  const retryMs = (seconds * 1000) / 5
  /** Time until which the lease is ours, counted from before the request that renewed it was sent. */
  let ours = 0
  /** The holder's last renewal as we saw it change: its clock may differ from ours, so only change counts. */
  let seen: { readonly version: string; readonly at: number } | undefined

  const lease = (before: Lease | undefined, holderIdentity: string, at: number): Lease => {
    const renewTime = new Date(at).toISOString().replace('Z', '000Z')
    const kept = before?.spec?.holderIdentity === holderIdentity
    return {
      apiVersion: leases.apiVersion,
      kind: leases.kind,
      metadata: {
        name,
        namespace,
        ...(before?.metadata.resourceVersion ? { resourceVersion: before.metadata.resourceVersion } : {}),
      },
      spec: {
        holderIdentity,
        leaseDurationSeconds: seconds,
        renewTime,
        acquireTime: kept ? (before.spec?.acquireTime ?? renewTime) : renewTime,
        leaseTransitions: (before?.spec?.leaseTransitions ?? 0) + (kept || !before ? 0 : 1),
      },
    }
  }

  /** One try. A conflict means that somebody else was first. */
  const tryOnce = async (): Promise<boolean> => {
    const found = (await kube.get(leases, namespace, name)) as Lease | undefined
    const at = clock.now()
    if (found && !isFree(found, at)) return false
    try {
      await (found ? kube.replace(leases, lease(found, holder, at)) : kube.create(leases, lease(undefined, holder, at)))
      ours = at + seconds * 1000
      return true
    } catch (error) {
      if (isConflict(error)) return false
      throw error
    }
  }

  const isFree = ({ metadata, spec = {} }: Lease, at: number): boolean => {
    if (spec.holderIdentity === undefined || spec.holderIdentity === '' || spec.holderIdentity === holder) return true
    const version = metadata.resourceVersion ?? ''
    if (seen?.version !== version) seen = { version, at }
    return at - seen.at > (spec.leaseDurationSeconds ?? seconds) * 1000
  }

  return {
    mayWriteFor: () => Math.max(0, ours - clock.now()),
    acquire: async (signal) => {
      while (!signal.aborted) {
        if (await tryOnce().catch(() => false)) return true
        await pause(retryMs * (0.75 + 0.5 * clock.random()), signal)
      }
      return false
    },
    hold: async (signal) => {
      while (!signal.aborted) {
        await pause(retryMs, signal)
        if (signal.aborted) break
        await tryOnce().catch(() => false)
        if (clock.now() >= ours) return 'lost'
      }
      return 'released'
    },
    release: async () => {
      const found = (await kube.get(leases, namespace, name)) as Lease | undefined
      ours = 0
      if (found?.spec?.holderIdentity === holder) await kube.replace(leases, lease(found, '', clock.now()))
    },
  }
}
