// Which of several operators acts? The one that holds the Lease, and only while its last renewal is
// so recent that no other can have taken it. The others watch the Lease: a released one is taken at
// once.
import { jitteredMs, sleep } from '@orderpipeline/retry'
import { isConflict } from '../kube/errors.ts'
import type { Kube } from '../kube/port.ts'
import type { Clock } from '../runtime/clock.ts'
import { leases, leaseFrom, leaseIn } from './lease.ts'
import type { Lease } from './lease.ts'

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
   * for those in flight.
   */
  readonly mayWriteFor: () => number
  /** Waits for the lease. Resolves false when the signal aborts first. */
  acquire(signal: AbortSignal): Promise<boolean>
  /** Renews it until the signal aborts; resolves 'lost' when it could not be kept. */
  renewUntilStopped(signal: AbortSignal): Promise<'released' | 'lost'>
  /** Releases the lease, so that the next one can take it at once. */
  release(): Promise<void>
}

export function leader(
  kube: Pick<Kube, 'get' | 'create' | 'replace' | 'watch'>,
  settings: LeaderSettings,
  clock: Clock,
  /** Why the lease can be neither taken nor renewed now; called once until that works again. */
  failed: (error: unknown) => void = () => {},
): Leader {
  return new LeaseHolder(kube, settings, clock, failed).port()
}

class LeaseHolder {
  readonly #settings: LeaderSettings
  readonly #kube: Pick<Kube, 'get' | 'create' | 'replace' | 'watch'>
  readonly #clock: Clock
  readonly #failed: (error: unknown) => void
  #isFailing = false
  readonly #renewMs: number
  readonly #ownMs: number
  /** When the request that renewed the lease was about to be sent. */
  #renewed: { readonly at: number; readonly wall: number } | undefined
  #ownLease: Lease | undefined
  /**
   * When we last saw the holder's lease change: its clock may differ from ours, so only changes
   * count.
   */
  #observation: { readonly version: string; readonly at: number } | undefined

  constructor(
    kube: Pick<Kube, 'get' | 'create' | 'replace' | 'watch'>,
    settings: LeaderSettings,
    clock: Clock,
    failed: (error: unknown) => void,
  ) {
    this.#settings = settings
    this.#kube = kube
    this.#clock = clock
    this.#failed = failed
    this.#renewMs = (settings.seconds * 1000) / 5
    this.#ownMs = (settings.seconds * 1000 * 2) / 3
  }

  port(): Leader {
    return {
      mayWriteFor: () => this.#remainingMs(),
      acquire: async (signal) => {
        while (!signal.aborted) {
          const others = await this.#attempt(this.#take())
          if (this.#ownLease) return true
          const free = others !== undefined && (await this.#watchUntilFree(others, signal))
          if (!free) await sleep(jitteredMs(this.#renewMs / 2, this.#clock.random, 0.5), signal)
        }
        return false
      },
      renewUntilStopped: async (signal) => {
        let isRenewed = true
        while (!signal.aborted) {
          await sleep(isRenewed ? this.#renewMs : this.#renewMs / 3, signal)
          if (signal.aborted) break
          isRenewed = (await this.#attempt(this.#renew())) ?? false
          if (this.#remainingMs() <= 0) return 'lost'
        }
        return 'released'
      },
      release: async () => {
        const lease =
          this.#ownLease ??
          ((await this.#kube.get(leases, this.#settings.namespace, this.#settings.name)) as Lease | undefined)
        this.#renewed = undefined
        this.#ownLease = undefined
        if (lease?.spec?.holderIdentity !== this.#settings.holder) return
        await this.#kube.replace(
          leases,
          leaseFrom(
            lease,
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

  /** Undefined where it fails. */
  async #attempt<T>(work: Promise<T>): Promise<T | undefined> {
    try {
      const result = await work
      this.#isFailing = false
      return result
    } catch (error) {
      if (!this.#isFailing) this.#failed(error)
      this.#isFailing = true
      return undefined
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
    if (this.#observation?.version !== version) this.#observation = { version, at: this.#clock.now() }
    return this.#observation.at + (spec.leaseDurationSeconds ?? this.#settings.seconds) * 1000
  }

  /**
   * Remaining milliseconds. The elapsed time is the longer one of two clocks: the time of day may
   * be set back, and the other one stands still while the machine sleeps.
   */
  #remainingMs(): number {
    if (!this.#renewed) return 0
    return Math.max(
      0,
      this.#ownMs - Math.max(this.#clock.now() - this.#renewed.at, this.#clock.wall() - this.#renewed.wall),
    )
  }

  /**
   * A conflict means that another client was first, or that our own last write succeeded without an
   * answer.
   */
  async #write(before: Lease | undefined): Promise<boolean> {
    const requestTime = { at: this.#clock.now(), wall: this.#clock.wall() }
    const lease = leaseFrom(
      before,
      {
        namespace: this.#settings.namespace,
        name: this.#settings.name,
        holder: this.#settings.holder,
        seconds: this.#settings.seconds,
      },
      requestTime.wall,
    )
    try {
      this.#ownLease = (await (before ? this.#kube.replace(leases, lease) : this.#kube.create(leases, lease))) as Lease
      this.#renewed = requestTime
      return true
    } catch (error) {
      this.#ownLease = undefined
      if (isConflict(error)) return false
      throw error
    }
  }

  /** Takes the lease if it is free. Returns the lease of another holder. */
  async #take(): Promise<Lease | undefined> {
    const lease = (await this.#kube.get(leases, this.#settings.namespace, this.#settings.name)) as Lease | undefined
    if (lease && this.#clock.now() < this.#freeAt(lease)) return lease
    await this.#write(lease)
    return undefined
  }

  /**
   * Resolves true when the lease was released or not renewed in time, false when it cannot be
   * watched any longer.
   */
  async #watchUntilFree(lease: Lease, signal: AbortSignal): Promise<boolean> {
    const watching = new AbortController()
    const end = (): void => watching.abort()
    signal.addEventListener('abort', end, { once: true })
    if (signal.aborted) end()
    let timer = setTimeout(end, Math.max(0, this.#freeAt(lease) - this.#clock.now()))
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
        const remainingMs = now ? this.#freeAt(now) - this.#clock.now() : 0
        if (remainingMs <= 0) return true
        clearTimeout(timer)
        timer = setTimeout(end, remainingMs)
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

  /** False once another holder is known. */
  async #renew(): Promise<boolean> {
    if (this.#ownLease) return await this.#write(this.#ownLease)
    if (await this.#take()) this.#renewed = undefined
    return this.#ownLease !== undefined
  }
}
