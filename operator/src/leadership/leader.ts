// Which of several operators acts? The one that holds the Lease, and only while its last renewal is
// so young that no other can have taken it. The others watch the Lease: one that is given back is
// taken at once.
import { isConflict } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import type { Clock } from '../runtime/clock.ts'
import { leases, type Lease, leaseFrom, leaseIn } from './lease.ts'
import { pause } from '../runtime/pause.ts'

export interface LeaderSettings {
  readonly namespace: string
  readonly name: string
  readonly holder: string
  /** Others may take the lease when it was not renewed for this long. */
  readonly seconds: number
}

export interface Leader {
  /**
   * Milliseconds for which writes may still be sent; two thirds of the lease at most, the rest is
   * for those under way.
   */
  readonly mayWriteFor: () => number
  /** Waits for the lease. Resolves false when the signal aborts first. */
  acquire(signal: AbortSignal): Promise<boolean>
  /** Renews it until the signal aborts; resolves 'lost' when it could not be kept. */
  hold(signal: AbortSignal): Promise<'released' | 'lost'>
  /** Lets the next one in at once. */
  release(): Promise<void>
}

export const leader = (
  kube: Pick<Kube, 'get' | 'create' | 'replace' | 'watch'>,
  { namespace, name, holder, seconds }: LeaderSettings,
  clock: Clock,
): Leader => {
  const renewMs = (seconds * 1000) / 5
  const ownMs = (seconds * 1000 * 2) / 3
  /** When the request that renewed the lease was about to be sent. */
  let renewed: { readonly at: number; readonly wall: number } | undefined
  let held: Lease | undefined
  /**
   * The holder's last renewal as we saw it change: its clock may differ from ours, so only change
   * counts.
   */
  let seen: { readonly version: string; readonly at: number } | undefined

  /** When, by our clock, the lease can be taken; 0 when it is free. */
  const freeAt = ({ metadata, spec = {} }: Lease): number => {
    if (spec.holderIdentity === undefined || spec.holderIdentity === '' || spec.holderIdentity === holder) return 0
    const version = metadata.resourceVersion ?? ''
    if (seen?.version !== version) seen = { version, at: clock.now() }
    return seen.at + (spec.leaseDurationSeconds ?? seconds) * 1000
  }

  /**
   * Milliseconds left. The time that has passed is the longer one of two clocks: the time of day
   * may be set back, and the other one stands still while the machine sleeps.
   */
  const ours = (): number => {
    if (!renewed) return 0
    return Math.max(0, ownMs - Math.max(clock.now() - renewed.at, clock.wall() - renewed.wall))
  }

  /**
   * A conflict means that somebody else was first, or that our own last try came through
   * unanswered.
   */
  const write = async (before: Lease | undefined): Promise<boolean> => {
    const asked = { at: clock.now(), wall: clock.wall() }
    const wanted = leaseFrom(before, { namespace, name, holder, seconds }, asked.wall)
    try {
      held = (await (before ? kube.replace(leases, wanted) : kube.create(leases, wanted))) as Lease
      renewed = asked
      return true
    } catch (error) {
      held = undefined
      if (isConflict(error)) return false
      throw error
    }
  }

  /** Takes the lease if it is free. Returns the one that somebody else holds. */
  const take = async (): Promise<Lease | undefined> => {
    const found = (await kube.get(leases, namespace, name)) as Lease | undefined
    if (found && clock.now() < freeAt(found)) return found
    await write(found)
    return undefined
  }

  /**
   * Resolves true when the lease has been given back or was not renewed in time, false when it
   * cannot be watched any longer.
   */
  const watchUntilFree = async (lease: Lease, signal: AbortSignal): Promise<boolean> => {
    const watching = new AbortController()
    const end = (): void => watching.abort()
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    let timer = setTimeout(end, freeAt(lease) - clock.now())
    try {
      const resourceVersion = lease.metadata.resourceVersion ?? '0'
      const options = { namespace, fieldSelector: `metadata.name=${name}`, resourceVersion, timeoutSeconds: 300 }
      for await (const line of await kube.watch(leases, { ...options, signal: watching.signal })) {
        const now = leaseIn(line)
        if (now === 'bookmark') continue
        const left = now ? freeAt(now) - clock.now() : 0
        if (left <= 0) return true
        clearTimeout(timer)
        timer = setTimeout(end, left)
      }
      return watching.signal.aborted
    } catch {
      return watching.signal.aborted
    } finally {
      clearTimeout(timer)
      signal.removeEventListener('abort', end)
      end()
    }
  }

  /** True while nobody else is known to have it. */
  const renew = async (): Promise<boolean> => {
    if (held) return await write(held)
    if (await take()) renewed = undefined
    return held !== undefined
  }

  return {
    mayWriteFor: ours,
    acquire: async (signal) => {
      while (!signal.aborted) {
        const others = await take().catch(() => undefined)
        if (held) return true
        const free = others !== undefined && (await watchUntilFree(others, signal))
        if (!free) await pause(renewMs * (0.25 + 0.5 * clock.random()), signal)
      }
      return false
    },
    hold: async (signal) => {
      let kept = true
      while (!signal.aborted) {
        await pause(kept ? renewMs : renewMs / 3, signal)
        if (signal.aborted) break
        kept = await renew().catch(() => false)
        if (ours() <= 0) return 'lost'
      }
      return 'released'
    },
    release: async () => {
      const found = held ?? ((await kube.get(leases, namespace, name)) as Lease | undefined)
      renewed = undefined
      held = undefined
      if (found?.spec?.holderIdentity !== holder) return
      await kube.replace(leases, leaseFrom(found, { namespace, name, holder: '', seconds }, clock.wall()))
    },
  }
}
