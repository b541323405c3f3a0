// How does work run in parallel, yet in order for each key? There is a queue for each key, and a
// bound on keys under way at once.
import { fifo } from './fifo.ts'
import type { ReadyQueue } from './fifo.ts'

export interface KeySerialExecutor {
  /**
   * Starts `work` once all earlier work of the key has ended and a place is free. `work` must not
   * throw.
   */
  add(key: string, work: Work, options?: WorkOptions): void
  /** What has not begun never begins. */
  dropWaiting(): void
  /** Started and not ended. */
  readonly running: number
}

export type Work = (place: Slot) => Promise<void>

export interface WorkOptions {
  /** For the queue of what is ready, if it has lanes; by default the first. */
  readonly lane?: number | undefined
  /** Called where the work is dropped. */
  readonly onDrop?: () => void
}

export interface ReadyWork {
  readonly key: string
  readonly work: Work
  readonly lane: number
  readonly onDrop?: (() => void) | undefined
}

export interface Slot {
  /**
   * Releases the place to other keys while the work waits; its own key stays blocked. Resolves when
   * there is a place again.
   */
  releaseWhile(wait: Promise<void>): Promise<void>
}

/**
 * `ready`: holds the next work of each key until a place is free, and says which is next; by
 * default what came first. There is never more than one of a key in it.
 */
export function createKeySerialExecutor(concurrency: number, ready: ReadyQueue<ReadyWork> = fifo()): KeySerialExecutor {
  /** A key is here while work of it is under way; its value is the work that waits behind. */
  const busy = new Map<string, ReadyWork[]>()
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
    const next = busy.get(key)?.shift()
    if (next) ready.push(next)
    else busy.delete(key)
  }

  return {
    add: (key, work, { lane = 0, onDrop } = {}) => {
      const added = { key, work, lane, onDrop }
      const keyQueue = busy.get(key)
      if (keyQueue) keyQueue.push(added)
      else {
        busy.set(key, [])
        ready.push(added)
        startReady()
      }
    },
    dropWaiting: () => removeWaiting(busy, ready).forEach(({ onDrop }) => onDrop?.()),
    get running() {
      return running
    },
  }
}

/** A key whose work is under way stays in `busy`, with nothing behind it. */
function removeWaiting(busy: Map<string, ReadyWork[]>, ready: ReadyQueue<ReadyWork>): ReadyWork[] {
  const removedWork = [...busy.values()].flatMap((keyQueue) => keyQueue.splice(0))
  for (let next = ready.shift(); next; next = ready.shift()) {
    removedWork.push(next)
    busy.delete(next.key)
  }
  return removedWork
}
