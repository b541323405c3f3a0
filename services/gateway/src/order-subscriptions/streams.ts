// How is a stream of events kept to its bounds? So many at once, each for so long at most, with a
// sign of life now and then; all of them end when the gateway leaves, and their readers come back
// to another one.
import { Readable } from 'node:stream'
import { jitteredMs } from '@orderpipeline/retry'
import type { OrderProgress } from '@orderpipeline/orders/queries'
import { allSent, comeBackAfter, heartbeat, newEvents } from './event-stream.ts'
import type { Watcher } from './watcher.ts'

export interface StreamsOptions {
  readonly watcher: Watcher
  readonly maxStreams: number
  /**
   * The limit for one customer, where customers are known: one customer cannot take all streams.
   */
  readonly maxPerCustomer: number
  readonly heartbeatMs: number
  readonly maxAgeMs: number
}

export interface Streams {
  /** Progress from `initial` and `seenEvents` on; `undefined` when too many are open. */
  open(initial: OrderProgress, seenEvents: Set<string>, customer?: string): Readable | undefined
  readonly count: number
}

/** Readers that are cut off together should not come back together. */
const comeBackMs = 1_000

export function createStreams(options: StreamsOptions): Streams {
  const { watcher, maxStreams, maxPerCustomer, heartbeatMs, maxAgeMs } = options
  const streams = openStreams(heartbeatMs)

  return {
    open: (initial, seenEvents, customer) => {
      if (streams.count >= maxStreams) return undefined
      if (customer !== undefined && streams.ofCustomer(customer) >= maxPerCustomer) return undefined
      let stop: () => void = () => undefined
      let over = false
      const leave = (): void => {
        over = true
        clearTimeout(oldAge)
        stop()
        streams.delete(stream)
      }
      const stream = new Readable({
        read: () => undefined,
        destroy: (error, callback) => {
          leave()
          callback(error)
        },
      })
      const end = (): void => {
        if (over) return
        leave()
        stream.push(null)
      }
      const show = (progress: OrderProgress): void => {
        if (over) return
        const text = newEvents(progress, seenEvents)
        if (text !== '') stream.push(text)
        if (allSent(progress, seenEvents)) end()
      }
      const oldAge = setTimeout(end, maxAgeMs * (0.8 + 0.2 * Math.random()))
      streams.add(stream, customer)
      stream.push(comeBackAfter(jitteredMs(comeBackMs, Math.random, 0.5)))
      show(initial)
      if (!over) stop = watcher.watch(initial.orderId, { onProgress: show, onClose: end })
      return stream
    },
    get count() {
      return streams.count
    },
  }
}

/** Those that are open, each with its customer, if known. All get a heartbeat. */
function openStreams(heartbeatMs: number) {
  const streams = new Map<Readable, string | undefined>()
  let beat: NodeJS.Timeout | undefined
  return {
    get count() {
      return streams.size
    },
    ofCustomer: (customer: string): number => [...streams.values()].filter((each) => each === customer).length,
    add: (stream: Readable, customer: string | undefined): void => {
      streams.set(stream, customer)
      beat ??= setInterval(() => {
        for (const each of streams.keys()) each.push(heartbeat)
      }, heartbeatMs)
    },
    delete: (stream: Readable): void => {
      streams.delete(stream)
      if (streams.size > 0) return
      clearInterval(beat)
      beat = undefined
    },
  }
}
