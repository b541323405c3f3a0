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

export function leader(
  kube: Pick<Kube, 'get' | 'create' | 'replace' | 'watch'>,
  settings: LeaderSettings,
  clock: Clock,
): Leader {
  return new LeaseHolder(kube, settings, clock).port()
}

class LeaseHolder {
  readonly #settings: LeaderSettings
  readonly #kube: Pick<Kube, 'get' | 'create' | 'replace' | 'watch'>
  readonly #clock: Clock
  readonly #renewMs: number
  readonly #ownMs: number
  /** When the request that renewed the lease was about to be sent. */
  #renewed: { readonly at: number; readonly wall: number } | undefined
  #held: Lease | undefined
  /**
   * The holder's last renewal as we saw it change: its clock may differ from ours, so only change
   * counts.
   */
  #seen: { readonly version: string; readonly at: number } | undefined

  constructor(kube: Pick<Kube, 'get' | 'create' | 'replace' | 'watch'>, settings: LeaderSettings, clock: Clock) {
    this.#settings = settings
    this.#kube = kube
    this.#clock = clock
    this.#renewMs = (settings.seconds * 1000) / 5
    this.#ownMs = (settings.seconds * 1000 * 2) / 3
  }

  port(): Leader {
    return {
      mayWriteFor: () => this.#ours(),
      acquire: async (signal) => {
        while (!signal.aborted) {
          const others = await this.#take().catch(() => undefined)
          if (this.#held) return true
          const free = others !== undefined && (await this.#watchUntilFree(others, signal))
          if (!free) await pause(this.#renewMs * (0.25 + 0.5 * this.#clock.random()), signal)
        }
        return false
      },
      hold: async (signal) => {
        let kept = true
        while (!signal.aborted) {
          await pause(kept ? this.#renewMs : this.#renewMs / 3, signal)
          if (signal.aborted) break
          kept = await this.#renew().catch(() => false)
          if (this.#ours() <= 0) return 'lost'
        }
        return 'released'
      },
      release: async () => {
        const found =
          this.#held ??
          ((await this.#kube.get(leases, this.#settings.namespace, this.#settings.name)) as Lease | undefined)
        this.#renewed = undefined
        this.#held = undefined
        if (found?.spec?.holderIdentity !== this.#settings.holder) return
        await this.#kube.replace(
          leases,
          leaseFrom(
            found,
            {
              namespace: this.#settings.namespace,
              name: this.#settings.name,
              holder: '',
              seconds: this.#settings.seconds,
            },
            this.#clock.wall(),
          ),
        )
      },
    }
  }

  /** When, by our clock, the lease can be taken; 0 when it is free. */
  #freeAt({ metadata, spec = {} }: Lease): number {
    if (
      spec.holderIdentity === undefined ||
      spec.holderIdentity === '' ||
      spec.holderIdentity === this.#settings.holder
    )
      return 0
    const version = metadata.resourceVersion ?? ''
    if (this.#seen?.version !== version) this.#seen = { version, at: this.#clock.now() }
    return this.#seen.at + (spec.leaseDurationSeconds ?? this.#settings.seconds) * 1000
  }

  /**
   * Milliseconds left. The time that has passed is the longer one of two clocks: the time of day
   * may be set back, and the other one stands still while the machine sleeps.
   */
  #ours(): number {
    if (!this.#renewed) return 0
    return Math.max(
      0,
      this.#ownMs - Math.max(this.#clock.now() - this.#renewed.at, this.#clock.wall() - this.#renewed.wall),
    )
  }

  /**
   * A conflict means that somebody else was first, or that our own last try came through
   * unanswered.
   */
  async #write(before: Lease | undefined): Promise<boolean> {
    const asked = { at: this.#clock.now(), wall: this.#clock.wall() }
    const wanted = leaseFrom(
      before,
      {
        namespace: this.#settings.namespace,
        name: this.#settings.name,
        holder: this.#settings.holder,
        seconds: this.#settings.seconds,
      },
      asked.wall,
    )
    try {
      this.#held = (await (before ? this.#kube.replace(leases, wanted) : this.#kube.create(leases, wanted))) as Lease
      this.#renewed = asked
      return true
    } catch (error) {
      this.#held = undefined
      if (isConflict(error)) return false
      throw error
    }
  }

  /** Takes the lease if it is free. Returns the one that somebody else holds. */
  async #take(): Promise<Lease | undefined> {
    const found = (await this.#kube.get(leases, this.#settings.namespace, this.#settings.name)) as Lease | undefined
    if (found && this.#clock.now() < this.#freeAt(found)) return found
    await this.#write(found)
    return undefined
  }

  /**
   * Resolves true when the lease has been given back or was not renewed in time, false when it
   * cannot be watched any longer.
   */
  async #watchUntilFree(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const watching = new AbortController()
    const end = (): void => watching.abort()
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    let timer = setTimeout(end, this.#freeAt(lease) - this.#clock.now())
    try {
      const resourceVersion = lease.metadata.resourceVersion ?? '0'
      const options = {
        namespace: this.#settings.namespace,
        fieldSelector: `metadata.name=${this.#settings.name}`,
        resourceVersion,
        timeoutSeconds: 300,
      }
      for await (const line of await this.#kube.watch(leases, { ...options, signal: watching.signal })) {
        const now = leaseIn(line)
        if (now === 'bookmark') continue
        const left = now ? this.#freeAt(now) - this.#clock.now() : 0
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
  async #renew(): Promise<boolean> {
    if (this.#held) return await this.#write(this.#held)
    if (await this.#take()) this.#renewed = undefined
    return this.#held !== undefined
  }
}
