// Which messages in flight only wait for their next try? A message whose call or transaction has
// failed, and every later one of its key, which waits behind it.

export interface RetryWaits {
  /** The number of messages in flight that wait for a retry. */
  readonly count: number
  /**
   * `key`: that of messages that are prepared one after the other; without one a message waits for
   * no other.
   */
  enter(key?: string): RetryWait
}

export interface RetryWait {
  readonly waitsForRetry: boolean
  /** Its own tries that have failed; or once more, for a wait behind another in the retry queue. */
  readonly failures: number
  /** It and those behind it only wait for this. */
  during(wait: Promise<void>): Promise<void>
  /** It no longer waits for those before it, nor others for it: its calls have ended. */
  leave(): void
  /** Whether it is in the retry queue: its transaction has failed, or that of one before it. */
  setInRetryQueue(waits: boolean): void
}

interface KeyQueue {
  messages: number
  waitsForRetry: boolean
}

/** `onWait`: called when more messages wait than before. */
export function createRetryWaits(onWait: () => void): RetryWaits {
  const keyQueues = new Map<string, KeyQueue>()
  let count = 0
  const keyQueueOf = (key: string): KeyQueue => {
    const keyQueue = keyQueues.get(key) ?? { messages: 0, waitsForRetry: false }
    keyQueues.set(key, keyQueue)
    return keyQueue
  }
  return {
    get count() {
      return count
    },
    enter: (key) => {
      const keyQueue = key === undefined ? { messages: 0, waitsForRetry: false } : keyQueueOf(key)
      let inKeyQueue = true
      let inRetryQueue = false
      let failures = 0
      keyQueue.messages++
      if (keyQueue.waitsForRetry) count++
      return {
        get waitsForRetry() {
          return inRetryQueue || (inKeyQueue && keyQueue.waitsForRetry)
        },
        get failures() {
          return failures
        },
        during: async (wait) => {
          failures++
          keyQueue.waitsForRetry = true
          count += keyQueue.messages
          onWait()
          try {
            await wait
          } finally {
            keyQueue.waitsForRetry = false
            count -= keyQueue.messages
          }
        },
        leave: () => {
          if (!inKeyQueue) return
          inKeyQueue = false
          keyQueue.messages--
          if (keyQueue.waitsForRetry) count--
          if (keyQueue.messages === 0 && key !== undefined) keyQueues.delete(key)
        },
        setInRetryQueue: (waits) => {
          if (waits === inRetryQueue) return
          inRetryQueue = waits
          count += waits ? 1 : -1
          if (waits) failures++
          if (waits) onWait()
        },
      }
    },
  }
}
