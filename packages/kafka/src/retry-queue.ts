// Where does a message wait that failed and may succeed later? Aside, with its key's later messages
// behind it, while everything else goes on: one message that fails holds up its own key and nothing
// more.

export interface RetryEntry {
  /** Messages of one key are worked off in order. */
  readonly key: string
  /** Whether its partition is still this replica's. */
  readonly live: () => boolean
  /** Called once where it is given up without an end: it is left to redelivery. */
  readonly leave: () => void
  /** Told when it begins to wait here, and when it is to be tried. */
  readonly aside?: (waits: boolean) => void
}

export interface RetryQueue<Entry extends RetryEntry> {
  /** True where one of its key is aside: the entry then waits behind it. */
  takes(entry: Entry): boolean
  /** For another try after `ms`. */
  put(entry: Entry, ms: number): void
  /** Whose time has come, first come first served. */
  nextDue(): Entry | undefined
  /**
   * The one of this key that was aside has come to its end. Returns what waited behind it, in
   * order.
   */
  release(entry: Entry): Entry[]
}

interface Lane<Entry> {
  readonly first: Entry
  behind: Entry[]
  /** It is being tried again at this moment, and will come to an end or be put aside once more. */
  trying: boolean
}

/**
 * `onDue`: there is something to try. From `stop` on nothing waits any more: what is aside, and
 * comes to be, is left.
 */
export function createRetryQueue<Entry extends RetryEntry>(onDue: () => void, stop: AbortSignal): RetryQueue<Entry> {
  const lanes = new Map<string, Lane<Entry>>()
  const timers = new Set<NodeJS.Timeout>()
  /** Keys of which one was left: a later one must not overtake it. */
  const left = new Set<string>()
  let due: Entry[] = []

  const leave = (lane: Lane<Entry>): void => {
    left.add(lane.first.key)
    if (!lane.trying) {
      lanes.delete(lane.first.key)
      lane.first.leave()
    }
    for (const entry of lane.behind) entry.leave()
    lane.behind = []
  }
  stop.addEventListener('abort', () => {
    for (const timer of timers) clearTimeout(timer)
    timers.clear()
    due = []
    for (const lane of [...lanes.values()]) leave(lane)
  })

  return {
    takes: (entry) => {
      if (left.has(entry.key)) {
        entry.leave()
        return true
      }
      const lane = lanes.get(entry.key)
      if (!lane || lane.first === entry) return false
      lane.behind.push(entry)
      entry.aside?.(true)
      return true
    },
    put: (entry, ms) => {
      const lane = lanes.get(entry.key) ?? { first: entry, behind: [], trying: false }
      lane.trying = false
      lanes.set(entry.key, lane)
      if (stop.aborted) return leave(lane)
      entry.aside?.(true)
      const timer = setTimeout(() => {
        timers.delete(timer)
        due.push(entry)
        onDue()
      }, ms)
      timers.add(timer)
    },
    nextDue: () => {
      const entry = due.shift()
      const lane = entry && lanes.get(entry.key)
      if (lane) lane.trying = true
      entry?.aside?.(false)
      return entry
    },
    release: (entry) => {
      const lane = lanes.get(entry.key)
      if (lane?.first !== entry) return []
      lanes.delete(entry.key)
      // Of an assignment that is over: they come again to whoever has the partition now, this
      // replica included.
      const [live, gone] = [lane.behind.filter((one) => one.live()), lane.behind.filter((one) => !one.live())]
      for (const one of gone) one.leave()
      for (const one of live) one.aside?.(false)
      return live
    },
  }
}
