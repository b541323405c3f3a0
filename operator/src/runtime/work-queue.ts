// Which pipeline is next? Each key waits at most once, is reconciled by one worker at a time, and
// comes back later and later when it fails. A user's edit goes ahead of background work, and still
// starves nothing.
import { backoffMs } from '@orderpipeline/retry'

/**
 * edit: a user has changed the pipeline and waits for the result. background: resync, drift,
 * changes of children and lag.
 */
export type Priority = 'edit' | 'background'

/**
 * whole: everything of the pipeline is observed and decided. figures: only figures of its lag have
 * changed, which nothing but the status shows.
 */
export type Extent = 'whole' | 'figures'

export interface QueueSettings {
  readonly firstBackoffMs: number
  readonly lastBackoffMs: number
  /** After this many edits in a row a background key is handed out, if any waits. */
  readonly editsInARow: number
}

export const usualQueueSettings: QueueSettings = { firstBackoffMs: 500, lastBackoffMs: 60_000, editsInARow: 8 }

export interface QueueItem {
  readonly key: string
  readonly priority: Priority
  readonly extent: Extent
  /** Since it was added with this priority. */
  readonly waitedMs: number
}

export interface WorkQueue {
  /**
   * As soon as a worker is free; while the key is being reconciled, once more afterwards. The
   * background waits for a backoff to end. A key that waits for its figures waits for the whole
   * once anything asks for it.
   */
  add(key: string, priority: Priority, extent?: Extent): void
  /** In the background. Of two such times of one extent the sooner counts. */
  addAfter(key: string, ms: number, extent?: Extent): void
  /** After a pause that grows with each retry in a row until `forget`; at least `leastMs`. */
  retry(item: Pick<QueueItem, 'key' | 'priority'>, leastMs?: number): void
  forget(key: string): void
  /** The next key, or undefined once closed. `done` must follow. */
  next(): Promise<QueueItem | undefined>
  done(key: string): void
  /** Hands out nothing more. */
  close(): void
  readonly depth: (priority: Priority) => number
}

interface Clock {
  readonly now: () => number
  readonly random: () => number
}

export function workQueue(clock: Clock, settings: QueueSettings = usualQueueSettings): WorkQueue {
  const lanes = lanesOf(clock.now, settings.editsInARow)
  const working = new Set<string>()
  const again = new Map<string, Waiting>()
  const timers = keyTimers(clock.now)
  const backoffs = keyBackoffs(clock, settings)
  const takers: ((item: QueueItem | undefined) => void)[] = []
  let closed = false

  const hand = (): void => {
    while (takers.length > 0) {
      const item = lanes.take()
      if (!item) return
      working.add(item.key)
      takers.shift()?.(item)
    }
  }

  const wake = (key: string, priority: Priority, extent: Extent): void => {
    if (closed) return
    if (working.has(key)) {
      const waiting = again.get(key)
      const isEdit = waiting?.priority === 'edit'
      again.set(key, { priority: isEdit ? 'edit' : priority, extent: widest(waiting?.extent, extent) })
      return
    }
    lanes.put(key, priority, extent)
    hand()
  }

  const wakeAt = (key: string, priority: Priority, at: number, extent: Extent): void => {
    if (!closed) timers.set(key, extent, at, () => wake(key, priority, extent))
  }

  return {
    add: (key, priority, extent = 'whole') => {
      // Its retry is scheduled, and a change from its successful writes does not cure what made it
      // fail.
      if (priority === 'background' && backoffs.isWaiting(key)) return
      wake(key, priority, extent)
    },
    addAfter: (key, ms, extent = 'whole') =>
      wakeAt(key, 'background', Math.max(clock.now() + ms, backoffs.until(key)), extent),
    retry: ({ key, priority }, leastMs = 0) => {
      timers.cancel(key)
      wakeAt(key, priority, backoffs.next(key, leastMs), 'whole')
    },
    forget: backoffs.forget,
    next: () =>
      closed
        ? Promise.resolve(undefined)
        : new Promise((resolve) => {
            takers.push(resolve)
            hand()
          }),
    done: (key) => {
      working.delete(key)
      const waiting = again.get(key)
      again.delete(key)
      if (waiting && (waiting.priority === 'edit' || !backoffs.isWaiting(key)))
        wake(key, waiting.priority, waiting.extent)
    },
    close: () => {
      closed = true
      timers.clear()
      lanes.clear()
      for (const taker of takers.splice(0)) taker(undefined)
    },
    depth: lanes.depth,
  }
}

/** Until when a key that failed waits: longer with each failure in a row. */
function keyBackoffs({ now, random }: Clock, { firstBackoffMs, lastBackoffMs }: QueueSettings) {
  const backoff = { firstMs: firstBackoffMs, maxMs: lastBackoffMs }
  const backoffs = new Map<string, { readonly failures: number; readonly until: number }>()
  return {
    until: (key: string): number => backoffs.get(key)?.until ?? 0,
    isWaiting: (key: string): boolean => (backoffs.get(key)?.until ?? 0) > now(),
    next: (key: string, leastMs: number): number => {
      const failures = (backoffs.get(key)?.failures ?? 0) + 1
      const until = now() + Math.max(leastMs, backoffMs(failures, backoff, random))
      backoffs.set(key, { failures, until })
      return until
    },
    forget: (key: string): void => void backoffs.delete(key),
  }
}

/** For each key and extent at most one time, the soonest. */
function keyTimers(now: () => number) {
  const timers: Readonly<Record<Extent, Map<string, Timer>>> = { whole: new Map(), figures: new Map() }
  return {
    set: (key: string, extent: Extent, at: number, due: () => void): void => {
      const pending = timers[extent].get(key)
      if (pending && pending.at <= at) return // sooner already
      clearTimeout(pending?.timer)
      const timer = setTimeout(() => {
        timers[extent].delete(key)
        due()
      }, at - now())
      timers[extent].set(key, { timer, at })
    },
    cancel: (key: string): void => {
      for (const pending of Object.values(timers)) {
        clearTimeout(pending.get(key)?.timer)
        pending.delete(key)
      }
    },
    clear: (): void => {
      for (const pending of Object.values(timers)) {
        for (const { timer } of pending.values()) clearTimeout(timer)
        pending.clear()
      }
    },
  }
}

interface Waiting {
  readonly priority: Priority
  readonly extent: Extent
}

interface Timer {
  readonly timer: NodeJS.Timeout
  readonly at: number
}

function widest(one: Extent | undefined, other: Extent): Extent {
  return one === 'whole' ? one : other
}

/** Two queues in order of arrival; a key is in one of them. */
function lanesOf(now: () => number, editsInARow: number) {
  /** Since when a key waits, and for what. */
  type Lane = Map<string, { readonly since: number; readonly extent: Extent }>
  const lanes: Readonly<Record<Priority, Lane>> = { edit: new Map(), background: new Map() }
  let row = 0

  const next = (): Priority => {
    if (lanes.edit.size === 0) return 'background'
    return row >= editsInARow && lanes.background.size > 0 ? 'background' : 'edit'
  }

  return {
    put: (key: string, priority: Priority, extent: Extent): void => {
      const waiting = lanes.edit.get(key) ?? lanes.background.get(key)
      const lane = lanes.edit.has(key) ? 'edit' : priority
      const since = (lanes[lane].has(key) ? waiting?.since : undefined) ?? now()
      if (lane === 'edit') lanes.background.delete(key)
      lanes[lane].set(key, { since, extent: widest(waiting?.extent, extent) })
    },
    take: (): QueueItem | undefined => {
      const priority = next()
      const [first] = lanes[priority]
      if (!first) return undefined
      const [key, { since, extent }] = first
      lanes[priority].delete(key)
      row = priority === 'edit' ? row + 1 : 0
      return { key, priority, extent, waitedMs: now() - since }
    },
    clear: (): void => {
      lanes.edit.clear()
      lanes.background.clear()
    },
    depth: (priority: Priority): number => lanes[priority].size,
  }
}
