// How does a caller wait for the outcome of an order? Until it is decided, the time is over, the
// caller has disconnected, or the gateway is stopping. Only a bounded number waits at once; one
// more gets its answer without a wait.
import type { EventEmitter } from 'node:events'
import { isSettled } from '@orderpipeline/orders/queries'
import type { OrderProgress } from '@orderpipeline/orders/queries'
import type { Watcher } from './watcher.ts'

export type Settled = Pick<OrderProgress, 'status' | 'reason'>

export interface Outcomes {
  /**
   * `undefined` when it was not known in time. `close` of `caller` means that the connection of the
   * caller has ended.
   */
  of(orderId: string, waitMs: number, caller: EventEmitter): Promise<Settled | undefined>
  readonly waiting: number
}

export function createOutcomes(watcher: Watcher, maxWaiting: number): Outcomes {
  let waiting = 0
  return {
    of: async (orderId, waitMs, caller) => {
      if (waitMs <= 0 || waiting >= maxWaiting) return undefined
      waiting++
      let end: (outcome: Settled | undefined) => void = () => undefined
      const outcome = new Promise<Settled | undefined>((resolve) => (end = resolve))
      const giveUp = (): void => end(undefined)
      const stop = watcher.watch(orderId, {
        onProgress: ({ status, reason }) => {
          if (isSettled(status)) end({ status, ...(reason === undefined ? {} : { reason }) })
        },
        onClose: giveUp,
      })
      const timer = setTimeout(giveUp, waitMs)
      caller.once('close', giveUp)
      try {
        return await outcome
      } finally {
        clearTimeout(timer)
        caller.off('close', giveUp)
        stop()
        waiting--
      }
    },
    get waiting() {
      return waiting
    },
  }
}
