// How do many callers learn that their order has moved, at the price of one? All orders with a
// waiting caller are looked up with one statement, again and again while there is one, and each
// caller is shown their own. The pause between two looks grows with the cost of a look, so that
// waiting never takes more than a fifth of one connection.
import { backoffMs, jitteredMs } from '@orderpipeline/retry'
import type { Logger } from '@orderpipeline/process'
import type { OrderProgress } from '@orderpipeline/orders/queries'

export interface WatcherOptions {
  /** Those that exist, in no order. */
  readonly readProgress: (orderIds: readonly string[]) => Promise<readonly OrderProgress[]>
  readonly everyMs: number
  readonly logger: Logger
}

export interface Watch {
  /** Called with each look, whether or not anything has changed. */
  readonly onProgress: (progress: OrderProgress) => void
  /** Called when the watcher makes no more looks. */
  readonly onClose: () => void
}

export interface Watcher {
  /** Ends the watch by what it returns. After closing, `closing` is called at once. */
  watch(orderId: string, watch: Watch): () => void
  /** The number of orders with a waiting caller. */
  readonly orders: number
  /** Calls `closing` for every waiting caller. */
  close(): void
}

/** One statement takes no more ids. */
const idsAtOnce = 1_000
const longestBackoffMs = 5_000

export function createWatcher(options: WatcherOptions): Watcher {
  const { readProgress, everyMs, logger } = options
  const watches = new Map<string, Set<Watch>>()
  let timer: NodeJS.Timeout | undefined
  let looking = false
  let closed = false
  let failures = 0

  const schedule = (ms: number): void => {
    if (timer || looking || closed || watches.size === 0) return
    timer = setTimeout(() => {
      timer = undefined
      void lookOnce()
    }, ms)
  }
  const lookOnce = async (): Promise<void> => {
    looking = true
    const startedAt = performance.now()
    try {
      const ids = [...watches.keys()]
      for (let from = 0; from < ids.length; from += idsAtOnce)
        for (const progress of await readProgress(ids.slice(from, from + idsAtOnce)))
          for (const watch of [...(watches.get(progress.orderId) ?? [])]) watch.onProgress(progress)
      failures = 0
    } catch (error) {
      failures++
      logger.debug({ error, orders: watches.size }, 'polling orders failed; trying again')
    }
    looking = false
    schedule(Math.max(pauseMs(failures, everyMs), 4 * (performance.now() - startedAt)))
  }

  return {
    watch: (orderId, watch) => {
      if (closed) {
        watch.onClose()
        return () => undefined
      }
      const of = watches.get(orderId) ?? new Set()
      watches.set(orderId, of.add(watch))
      schedule(everyMs)
      return () => {
        of.delete(watch)
        if (of.size === 0 && watches.get(orderId) === of) watches.delete(orderId)
      }
    },
    get orders() {
      return watches.size
    },
    close: () => {
      closed = true
      clearTimeout(timer)
      const all = [...watches.values()].flatMap((of) => [...of])
      watches.clear()
      for (const { onClose } of all) onClose()
    },
  }
}

function pauseMs(failures: number, everyMs: number): number {
  return failures === 0 ? jitteredMs(everyMs) : backoffMs(failures, { firstMs: 2 * everyMs, maxMs: longestBackoffMs })
}
