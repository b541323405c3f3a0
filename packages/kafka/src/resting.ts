// Which messages in flight only wait for their next try? A message whose call or transaction has
// failed, and every later one of its key, which waits behind it.

export interface Resting {
  /** How many messages in flight rest. */
  readonly count: number
  /**
   * `key`: that of messages that are prepared one after the other; without one a message waits for
   * no other.
   */
  enter(key?: string): RestingMessage
}

export interface RestingMessage {
  readonly resting: boolean
  /** It and those behind it only wait for this. */
  during(wait: Promise<void>): Promise<void>
  /** It no longer waits for those before it, nor others for it: its calls have ended. */
  leave(): void
  /** Whether it is in the retry queue: its transaction has failed, or that of one before it. */
  aside(waits: boolean): void
}

interface KeyQueue {
  messages: number
  resting: boolean
}

/** `onRest`: called when more messages rest than before. */
export function createResting(onRest: () => void): Resting {
  const keyQueues = new Map<string, KeyQueue>()
  let count = 0
  const keyQueueOf = (key: string): KeyQueue => {
    const keyQueue = keyQueues.get(key) ?? { messages: 0, resting: false }
    keyQueues.set(key, keyQueue)
    return keyQueue
  }
  return {
    get count() {
      return count
    },
    enter: (key) => {
      const keyQueue = key === undefined ? { messages: 0, resting: false } : keyQueueOf(key)
      let inKeyQueue = true
      let inRetryQueue = false
      keyQueue.messages++
      if (keyQueue.resting) count++
      return {
        get resting() {
          return inRetryQueue || (inKeyQueue && keyQueue.resting)
        },
        during: async (wait) => {
          keyQueue.resting = true
          count += keyQueue.messages
          onRest()
          try {
            await wait
          } finally {
            keyQueue.resting = false
            count -= keyQueue.messages
          }
        },
        leave: () => {
          if (!inKeyQueue) return
          inKeyQueue = false
          keyQueue.messages--
          if (keyQueue.resting) count--
          if (keyQueue.messages === 0 && key !== undefined) keyQueues.delete(key)
        },
        aside: (waits) => {
          if (waits === inRetryQueue) return
          inRetryQueue = waits
          count += waits ? 1 : -1
          if (waits) onRest()
        },
      }
    },
  }
}
