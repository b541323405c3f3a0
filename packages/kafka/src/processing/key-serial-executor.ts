// How does work run in parallel, yet in order for each key? There is a queue for each key, and a
// bound on keys under way at once.

export interface KeySerialExecutor {
  /**
   * Starts `work` once all earlier work of the key has ended and a place is free. `work` must not
   * throw.
   */
  add(key: string, work: (place: Slot) => Promise<void>): void
  /** Started and not ended. */
  readonly running: number
}

export interface Slot {
  /**
   * Releases the place to other keys while the work waits; its own key stays blocked. Resolves when
   * there is a place again.
   */
  releaseWhile(wait: Promise<void>): Promise<void>
}

export function createKeySerialExecutor(concurrency: number): KeySerialExecutor {
  /** A key is here while work of it is under way; its value is the work that waits behind. */
  const busy = new Map<string, ((place: Slot) => Promise<void>)[]>()
  /** The next work of each key, ready to start when a place is free, first come first served. */
  const ready = fifo<{ readonly key: string; readonly work: (place: Slot) => Promise<void> }>()
  /** Work that released its place and needs one again goes before work that has not begun. */
  const returning: (() => void)[] = []
  let running = 0

  const place: Slot = {
    releaseWhile: async (wait) => {
      running--
      startReady()
      try {
        await wait
      } finally {
        await new Promise<void>((resolve) => {
          returning.push(resolve)
          startReady()
        })
      }
    },
  }
  const startReady = (): void => {
    while (running < concurrency && returning.length > 0) {
      running++
      returning.shift()!()
    }
    while (running < concurrency && ready.length > 0) {
      const next = ready.shift()!
      running++
      void next.work(place).finally(() => {
        running--
        advance(next.key)
        startReady()
      })
    }
  }
  const advance = (key: string): void => {
    const work = busy.get(key)?.shift()
    if (work) ready.push({ key, work })
    else busy.delete(key)
  }

  return {
    add: (key, work) => {
      const keyQueue = busy.get(key)
      if (keyQueue) {
        keyQueue.push(work)
        return
      }
      busy.set(key, [])
      ready.push({ key, work })
      startReady()
    },
    get running() {
      return running
    },
  }
}

/** Array.shift() copies what remains; this copies once in a while. */
function fifo<Item>() {
  const items: Item[] = []
  let head = 0
  return {
    get length() {
      return items.length - head
    },
    push: (item: Item): void => void items.push(item),
    shift: (): Item | undefined => {
      const item = items[head]
      if (head < items.length) head++
      if (head > 1_000 && head * 2 > items.length) {
        items.splice(0, head)
        head = 0
      }
      return item
    },
  }
}
