// Where does a message wait that failed and may succeed later? In the retry queue, with later
// messages of its key behind it, while everything else goes on: one message that fails holds up its
// own key and nothing more.

export interface RetryEntry {
  /** Messages of one key are worked off in order. */
  readonly key: string
  /** Whether its partition is still this replica's. */
  readonly live: () => boolean
  /** Called once where it is dropped without an end: it is left to redelivery. */
  readonly leave: () => void
  /** Called with true when it begins to wait here, with false when it is to be tried. */
  readonly setWaiting?: (waits: boolean) => void
}

export interface RetryQueue<Entry extends RetryEntry> {
  /** True where one of its key is in the retry queue: the entry then waits behind it. */
  takes(entry: Entry): boolean
  /** The entry is to be tried again after `ms`. */
  put(entry: Entry, ms: number): void
  /** The next entry whose time has come, first come first served. */
  nextDue(): Entry | undefined
  /** The first entry of this key has ended. Returns the entries that waited behind it, in order. */
  release(entry: Entry): Entry[]
}

interface KeyQueue<Entry> {
  readonly first: Entry
  behind: Entry[]
  /** It is being tried again at this moment, and will end or be put in again. */
  trying: boolean
}

/**
 * `onDue`: there is an entry to try. From `stop` on nothing waits any more: entries in the queue,
 * and later ones, are left to redelivery.
 */
export function createRetryQueue<Entry extends RetryEntry>(onDue: () => void, stop: AbortSignal): RetryQueue<Entry> {
  const keyQueues = new Map<string, KeyQueue<Entry>>()
  const timers = cancellableTimers()
  /** Keys with an entry that was left to redelivery: a later one must not overtake it. */
  const abandonedKeys = new Set<string>()
  let dueEntries: Entry[] = []

  const leave = (keyQueue: KeyQueue<Entry>): void => {
    abandonedKeys.add(keyQueue.first.key)
    if (!keyQueue.trying) {
      keyQueues.delete(keyQueue.first.key)
      keyQueue.first.leave()
    }
    for (const entry of keyQueue.behind) entry.leave()
    keyQueue.behind = []
  }
  stop.addEventListener('abort', () => {
    timers.clear()
    dueEntries = []
    for (const keyQueue of [...keyQueues.values()]) leave(keyQueue)
  })

  return {
    takes: (entry) => {
      if (abandonedKeys.has(entry.key)) {
        entry.leave()
        return true
      }
      const keyQueue = keyQueues.get(entry.key)
      if (!keyQueue || keyQueue.first === entry) return false
      keyQueue.behind.push(entry)
      entry.setWaiting?.(true)
      return true
    },
    put: (entry, ms) => {
      const keyQueue = keyQueues.get(entry.key) ?? { first: entry, behind: [], trying: false }
      keyQueue.trying = false
      keyQueues.set(entry.key, keyQueue)
      if (stop.aborted) return leave(keyQueue)
      entry.setWaiting?.(true)
      timers.set(ms, () => {
        dueEntries.push(entry)
        onDue()
      })
    },
    nextDue: () => {
      const entry = dueEntries.shift()
      const keyQueue = entry && keyQueues.get(entry.key)
      if (keyQueue) keyQueue.trying = true
      entry?.setWaiting?.(false)
      return entry
    },
    release: (entry) => {
      const keyQueue = keyQueues.get(entry.key)
      if (keyQueue?.first !== entry) return []
      keyQueues.delete(entry.key)
      return liveOf(keyQueue.behind)
    },
  }
}

/**
 * Leaves entries of an assignment that is over: they come again to the present owner of the
 * partition, this replica included.
 */
function liveOf<Entry extends RetryEntry>(entries: readonly Entry[]): Entry[] {
  const [live, stale] = [entries.filter((one) => one.live()), entries.filter((one) => !one.live())]
  for (const one of stale) one.leave()
  for (const one of live) one.setWaiting?.(false)
  return live
}

function cancellableTimers() {
  const timers = new Set<NodeJS.Timeout>()
  return {
    set: (ms: number, due: () => void): void => {
      const timer = setTimeout(() => {
        timers.delete(timer)
        due()
      }, ms)
      timers.add(timer)
    },
    clear: (): void => {
      for (const timer of timers) clearTimeout(timer)
      timers.clear()
    },
  }
}
