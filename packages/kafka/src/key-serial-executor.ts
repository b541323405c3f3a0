// How does work go on side by side, yet in order for each key? A lane for each key, and a bound on
// lanes under way at once.

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
   * Others may have the place while the work waits; its key stays its own. Resolves when there is a
   * place again.
   */
  releaseWhile(wait: Promise<void>): Promise<void>
}

export function createKeySerialExecutor(concurrency: number): KeySerialExecutor {
  /** A key is here while work of it is under way; what waits behind it is in its queue. */
  const busy = new Map<string, ((place: Slot) => Promise<void>)[]>()
  /** Keys' next pieces, ready to start when a place is free, first come first served. */
  const ready: { readonly key: string; readonly work: (place: Slot) => Promise<void> }[] = []
  /** Work that lent its place and wants one again goes before what has not begun. */
  const returning: (() => void)[] = []
  let head = 0
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
    while (running < concurrency && head < ready.length) {
      const next = ready[head++]!
      running++
      void next.work(place).finally(() => {
        running--
        advance(next.key)
        startReady()
      })
    }
    if (head > 1_000 && head * 2 > ready.length) {
      ready.splice(0, head)
      head = 0
    }
  }
  const advance = (key: string): void => {
    const work = busy.get(key)?.shift()
    if (work) ready.push({ key, work })
    else busy.delete(key)
  }

  return {
    add: (key, work) => {
      const lane = busy.get(key)
      if (lane) {
        lane.push(work)
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
