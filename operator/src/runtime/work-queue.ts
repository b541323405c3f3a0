// Which pipeline is next? Each key waits at most once, is worked on by one worker at a time, and comes back later and later
// when it fails.
export interface QueueSettings {
  readonly firstBackoffMs: number
  readonly lastBackoffMs: number
}

export const usualQueueSettings: QueueSettings = { firstBackoffMs: 500, lastBackoffMs: 60_000 }

export interface WorkQueue {
  /** As soon as a worker is free; while it is being worked on, once more afterwards. */
  add(key: string): void
  addAfter(key: string, ms: number): void
  /** After a pause that grows with each retry in a row until `forget`; at least `leastMs`. */
  retry(key: string, leastMs?: number): void
  forget(key: string): void
  /** The next key, or undefined once closed. `done` must follow. */
  next(): Promise<{ readonly key: string; readonly waitedMs: number } | undefined>
  done(key: string): void
  /** Hands out nothing more. */
  close(): void
  readonly depth: () => number
}

export const workQueue = (
  clock: { readonly now: () => number; readonly random: () => number },
  settings: QueueSettings = usualQueueSettings,
): WorkQueue => {
  /** In order of arrival, with the time of it. */
  const waiting = new Map<string, number>()
  const working = new Set<string>()
  const again = new Set<string>()
  const timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>()
  const failures = new Map<string, number>()
  const takers: ((taken: { key: string; waitedMs: number } | undefined) => void)[] = []
  let closed = false

  const hand = (): void => {
    while (takers.length > 0) {
      const first = waiting.entries().next().value
      if (!first) return
      const [key, since] = first
      waiting.delete(key)
      working.add(key)
      takers.shift()?.({ key, waitedMs: clock.now() - since })
    }
  }

  const add = (key: string): void => {
    if (closed) return
    if (working.has(key)) {
      again.add(key)
      return
    }
    if (!waiting.has(key)) waiting.set(key, clock.now())
    hand()
  }

  const addAfter = (key: string, ms: number): void => {
    if (closed) return
    const at = clock.now() + ms
    const pending = timers.get(key)
    if (pending && pending.at <= at) return // sooner already
    clearTimeout(pending?.timer)
    const timer = setTimeout(() => {
      timers.delete(key)
      add(key)
    }, ms)
    timers.set(key, { timer, at })
  }

  return {
    add,
    addAfter,
    retry: (key, leastMs = 0) => {
      const count = failures.get(key) ?? 0
      failures.set(key, count + 1)
      const full = Math.min(settings.lastBackoffMs, settings.firstBackoffMs * 2 ** count)
      addAfter(key, Math.max(leastMs, full / 2 + (full / 2) * clock.random()))
    },
    forget: (key) => failures.delete(key),
    next: () =>
      closed
        ? Promise.resolve(undefined)
        : new Promise((resolve) => {
            takers.push(resolve)
            hand()
          }),
    done: (key) => {
      working.delete(key)
      if (again.delete(key)) add(key)
    },
    close: () => {
      closed = true
      for (const { timer } of timers.values()) clearTimeout(timer)
      timers.clear()
      waiting.clear()
      for (const taker of takers.splice(0)) taker(undefined)
    },
    depth: () => waiting.size,
  }
}
