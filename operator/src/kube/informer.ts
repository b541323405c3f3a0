// How does the cache of a kind stay current? By one list and watch that never gives up: it resumes
// after an end, lists again after an error, garbage or silence, and at intervals anyway. It reports
// what changed by comparing with the cache.
import { backoffMs, jitteredMs, sleep, withDeadline } from '@orderpipeline/retry'
import type { KubeObject, Resource } from '../api/index.ts'
import type { Absence } from '../pipeline/index.ts'
import { ApiError, ConnectionError, WatchError } from './errors.ts'
import type { Kube, ListOptions } from './port.ts'
import { store } from './object-store.ts'
import type { Change, Store } from './object-store.ts'

export interface WatchSettings {
  /** Silence longer than this ends a watch; the server sends a bookmark about every minute. */
  readonly inactivityMs: number
  /** A full listing at least this often, whatever the watch says. */
  readonly relistMs: number
  readonly firstBackoffMs: number
  readonly lastBackoffMs: number
  /** How often a kind is probed that the API server does not serve, or does not let us list. */
  readonly probeMs: number
  /**
   * Least time from one start of a watch to the next: one that ends at once must not be reopened in
   * a loop.
   */
  readonly leastWatchMs: number
}

export const usualWatchSettings: WatchSettings = {
  inactivityMs: 150_000,
  relistMs: 900_000,
  firstBackoffMs: 200,
  lastBackoffMs: 10_000,
  probeMs: 30_000,
  leastWatchMs: 1_000,
}

export interface WatchReports {
  readonly changed: (change: Change) => void
  /** Once per restart: `ended` is the usual way, all others are worth a look. */
  readonly restarted: (resource: Resource, reason: string, error: unknown) => void
  /** The kind is not served or not allowed; undefined: it is again. */
  readonly absent?: (resource: Resource, absence: Absence | undefined, error: unknown) => void
  /** Before each listing and each watch; what it throws is treated like a failure of these. */
  readonly opening?: (resource: Resource) => Promise<void>
}

export interface Informer {
  readonly resource: Resource
  readonly store: Store
  /**
   * Takes note of what the API server answered to a write of ours. It is reported like an event: it
   * may hold what another has changed just before, which the watch will then not report as newer.
   */
  readonly recordWrite: (object: KubeObject) => void
  /** The objects of the kind are known. Where `absence` is set, the kind counts as empty. */
  readonly synced: () => boolean
  readonly absence: () => Absence | undefined
  /** Ends only when the signal aborts. */
  run(signal: AbortSignal): Promise<void>
}

export function createInformer(
  kube: Kube,
  resource: Resource,
  options: ListOptions,
  reports: WatchReports,
  clock: { readonly now: () => number; readonly random: () => number },
  settings: WatchSettings = usualWatchSettings,
  optional = false,
): Informer {
  return new ListWatch(kube, resource, options, reports, clock, settings, optional).port()
}

class ListWatch {
  readonly #kube: Kube
  readonly #resource: Resource
  readonly #options: ListOptions
  readonly #reports: WatchReports
  readonly #clock: { readonly now: () => number; readonly random: () => number }
  readonly #settings: WatchSettings
  readonly #optional: boolean
  readonly #store: Store = store()
  #synced = false
  #absence: Absence | undefined

  constructor(
    kube: Kube,
    resource: Resource,
    options: ListOptions,
    reports: WatchReports,
    clock: { readonly now: () => number; readonly random: () => number },
    settings: WatchSettings = usualWatchSettings,
    optional = false,
  ) {
    this.#optional = optional
    this.#kube = kube
    this.#resource = resource
    this.#options = options
    this.#reports = reports
    this.#clock = clock
    this.#settings = settings
  }

  port(): Informer {
    return {
      resource: this.#resource,
      store: this.#store,
      recordWrite: (object) => this.#report(this.#store.set(object)),
      synced: () => this.#synced,
      absence: () => this.#absence,
      run: (signal) => this.#run(signal),
    }
  }

  #report(changes: readonly Change[]): void {
    return changes.forEach(this.#reports.changed)
  }

  async #relist(): Promise<string> {
    const listing = this.#store.listing()
    let version = '0'
    for await (const { items, resourceVersion } of this.#kube.pages(this.#resource, this.#options)) {
      this.#report(listing.page(items))
      version = resourceVersion
    }
    this.#report(listing.end(version))
    this.#synced = true
    this.#present(undefined, undefined)
    return version
  }

  #present(now: Absence | undefined, error: unknown): void {
    if (now === this.#absence) return
    this.#absence = now
    this.#reports.absent?.(this.#resource, now, error)
  }

  /**
   * A kind that is not served has no objects. Of a kind that may not be listed any more, the cache
   * keeps the last ones.
   */
  #isAbsent(error: unknown, failures: number): boolean {
    if (!this.#optional || !(error instanceof ApiError) || (error.code !== 404 && error.code !== 403)) return false
    if (this.#absence === undefined && failures < 3) return false // rights and kinds of one installation come one after another
    const now = error.code === 404 ? 'NotServed' : 'Forbidden'
    if (now === 'NotServed') this.#report(this.#store.clear())
    this.#synced = true
    this.#present(now, error)
    return true
  }

  /** Follows one watch to its end; returns the version to resume from. */
  async #follow(from: string, untilMs: number, signal: AbortSignal, progress: () => void): Promise<string> {
    const connection = new AbortController()
    const stop = (): void => connection.abort()
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop() // while the listing was under way
    try {
      const seconds = Math.max(5, Math.min(300, Math.round((untilMs - this.#clock.now()) / 1000)))
      const watch = { ...this.#options, resourceVersion: from, timeoutSeconds: seconds, signal: connection.signal }
      const lines = (await this.#kube.watch(this.#resource, watch))[Symbol.asyncIterator]()
      let version = from
      const { inactivityMs } = this.#settings
      const silent = (): Error => new WatchError('inactive', `the watch sent no data for ${inactivityMs} ms`)
      for (;;) {
        const line = await withDeadline(inactivityMs, 'a line of the watch', lines.next(), silent)
        if (line.done) return version
        version = this.#take(parse(line.value))
        progress()
      }
    } finally {
      signal.removeEventListener('abort', stop)
      stop()
    }
  }

  #take({ type, object }: WatchEvent): string {
    if (type === 'ERROR') {
      const { code, message } = object as unknown as { code?: number; message?: string }
      throw new WatchError(code === 410 ? 'expired' : 'error', message ?? 'the watch reported an error')
    }
    if (type === 'DELETED') this.#report(this.#store.remove(object))
    else if (type === 'ADDED' || type === 'MODIFIED') this.#report(this.#store.set(object))
    return object.metadata.resourceVersion ?? '0'
  }

  #backoffMs(failures: number, maxMs: number): number {
    return backoffMs(failures, { firstMs: this.#settings.firstBackoffMs, maxMs }, this.#clock.random)
  }

  async #run(signal: AbortSignal): Promise<void> {
    let version: string | undefined
    let relistAt = 0
    let failures = 0
    while (!signal.aborted) {
      try {
        await this.#reports.opening?.(this.#resource)
        if (version === undefined || this.#clock.now() >= relistAt) {
          version = await this.#relist()
          relistAt = this.#clock.now() + jitteredMs(this.#settings.relistMs, this.#clock.random)
        }
        const openedAt = this.#clock.now()
        version = await this.#follow(version, relistAt, signal, () => (failures = 0))
        failures = 0
        if (signal.aborted) return
        this.#reports.restarted(this.#resource, 'ended', undefined)
        await sleep(openedAt + this.#settings.leastWatchMs - this.#clock.now(), signal)
      } catch (error) {
        if (signal.aborted) return
        if (this.#isAbsent(error, failures)) {
          version = undefined
          failures += 1
          await sleep(this.#backoffMs(failures, this.#settings.probeMs), signal)
          continue
        }
        const reason = error instanceof WatchError || error instanceof ConnectionError ? error.reason : 'refused'
        this.#reports.restarted(this.#resource, reason, error)
        // A cut connection loses nothing: a new watch from the last version delivers what came
        // since.
        if (!(error instanceof ConnectionError) || failures > 2) version = undefined
        failures += 1
        await sleep(this.#backoffMs(failures, this.#settings.lastBackoffMs), signal)
      }
    }
  }
}

interface WatchEvent {
  readonly type: string
  readonly object: KubeObject
}

function parse(line: string): WatchEvent {
  try {
    const event = JSON.parse(line) as Partial<WatchEvent> | null
    if (typeof event?.type === 'string' && typeof event.object === 'object') return event as WatchEvent
  } catch {
    // falls through: both are garbage
  }
  throw new WatchError('garbage', `the watch sent an unreadable line: ${line.slice(0, 100)}`)
}
