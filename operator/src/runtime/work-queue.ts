// Which pipeline is next? Each key waits at most once, is reconciled by one worker at a time, and
// comes back later and later when it fails. A user's edit goes ahead of background work, and still
// starves nothing.
import { backoffMs } from '@orderpipeline/retry'

/**
 * edit: a user has changed the pipeline and waits for the result. background: resync, drift,
 * changes of children and lag.
 */
export type Priority = 'edit' | 'background'

export interface QueueSettings {
  readonly firstBackoffMs: number
  readonly lastBackoffMs: number
  /** After this many edits in a row a background key is handed out, if any waits. */
  readonly editsInARow: number
}

export const usualQueueSettings: QueueSettings = { firstBackoffMs: 500, lastBackoffMs: 60_000, editsInARow: 8 }

export interface Taken {
  readonly key: string
  readonly priority: Priority
  /** Since it was added with this priority. */
  readonly waitedMs: number
}

export interface WorkQueue {
  /**
   * As soon as a worker is free; while the key is being reconciled, once more afterwards. The
   * background waits for a backoff to end.
   */
  add(key: string, priority: Priority): void
  /** In the background. Of two such times the sooner counts. */
  addAfter(key: string, ms: number): void
  /** After a pause that grows with each retry in a row until `forget`; at least `leastMs`. */
  retry(item: Pick<Taken, 'key' | 'priority'>, leastMs?: number): void
  forget(key: string): void
  /** The next key, or undefined once closed. `done` must follow. */
  next(): Promise<Taken | undefined>
  done(key: string): void
  /** Hands out nothing more. */
  close(): void
  readonly depth: (priority: Priority) => number
}

interface Clock {
  readonly now: () => number
  readonly random: () => number
}

export const workQueue = (clock: Clock, settings: QueueSettings = usualQueueSettings): WorkQueue => {
  const lanes = lanesOf(clock.now, settings.editsInARow)
  const working = new Set<string>()
  const again = new Map<string, Priority>()
  const timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>()
  const backoff = { firstMs: settings.firstBackoffMs, maxMs: settings.lastBackoffMs }
  const backoffs = new Map<string, { readonly failures: number; readonly until: number }>()
  const takers: ((item: Taken | undefined) => void)[] = []
  let closed = false

  const hand = (): void => {
    while (takers.length > 0) {
      const item = lanes.take()
      if (!item) return
      working.add(item.key)
      takers.shift()?.(item)
    }
  }

  const wake = (key: string, priority: Priority): void => {
    if (closed) return
    if (working.has(key)) {
      if (again.get(key) !== 'edit') again.set(key, priority)
      return
    }
    lanes.put(key, priority)
    hand()
  }

  const wakeAt = (key: string, priority: Priority, at: number): void => {
    if (closed) return
    const pending = timers.get(key)
    if (pending && pending.at <= at) return // sooner already
    clearTimeout(pending?.timer)
    const timer = setTimeout(() => {
      timers.delete(key)
      wake(key, priority)
    }, at - clock.now())
    timers.set(key, { timer, at })
  }

  const isBackingOff = (key: string): boolean => (backoffs.get(key)?.until ?? 0) > clock.now()

  return {
    add: (key, priority) => {
      // Its retry is scheduled, and a change from its successful writes does not cure what made it
      // fail.
      if (priority === 'background' && isBackingOff(key)) return
      wake(key, priority)
    },
    addAfter: (key, ms) => wakeAt(key, 'background', Math.max(clock.now() + ms, backoffs.get(key)?.until ?? 0)),
    retry: ({ key, priority }, leastMs = 0) => {
      const failures = (backoffs.get(key)?.failures ?? 0) + 1
      const until = clock.now() + Math.max(leastMs, backoffMs(failures, backoff, clock.random))
      backoffs.set(key, { failures, until })
      clearTimeout(timers.get(key)?.timer)
      timers.delete(key)
      wakeAt(key, priority, until)
    },
    forget: (key) => backoffs.delete(key),
    next: () =>
      closed
        ? Promise.resolve(undefined)
        : new Promise((resolve) => {
            takers.push(resolve)
            hand()
          }),
    done: (key) => {
      working.delete(key)
      const priority = again.get(key)
      again.delete(key)
      if (priority === 'edit' || (priority && !isBackingOff(key))) wake(key, priority)
    },
    close: () => {
      closed = true
      for (const { timer } of timers.values()) clearTimeout(timer)
      timers.clear()
      lanes.clear()
      for (const taker of takers.splice(0)) taker(undefined)
    },
    depth: lanes.depth,
  }
}

/** Two queues in order of arrival; a key is in one of them. */
const lanesOf = (now: () => number, editsInARow: number) => {
  /** Key → when it arrived. */
  const lanes = { edit: new Map<string, number>(), background: new Map<string, number>() }
  let row = 0

  const next = (): Priority => {
    if (lanes.edit.size === 0) return 'background'
    return row >= editsInARow && lanes.background.size > 0 ? 'background' : 'edit'
  }

  return {
    put: (key: string, priority: Priority): void => {
      if (lanes.edit.has(key) || lanes[priority].has(key)) return
      lanes.background.delete(key)
      lanes[priority].set(key, now())
    },
    take: (): Taken | undefined => {
      const priority = next()
      const [first] = lanes[priority]
      if (!first) return undefined
      const [key, since] = first
      lanes[priority].delete(key)
      row = priority === 'edit' ? row + 1 : 0
      return { key, priority, waitedMs: now() - since }
    },
    clear: (): void => {
      lanes.edit.clear()
      lanes.background.clear()
    },
    depth: (priority: Priority): number => lanes[priority].size,
  }
}
