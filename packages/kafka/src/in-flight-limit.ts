// How many messages may be taken from Kafka and not be done, and how is the fetching told that
// there is room again?

export interface InFlightLimit {
  take(): void
  release(): void
  readonly full: boolean
  readonly inFlight: number
  /** Calls of `room` that have not resolved. */
  readonly waiting: number
  /** Resolves when a good part is free again, when somebody says so, or after `ms`. */
  waitForCapacity(ms: number): Promise<void>
  /** Whoever waits for room is to look again: something else they wait for has come about. */
  wake(): void
}

export function createInFlightLimit(max: number): InFlightLimit {
  // Waking for each single place would cost more than the work itself.
  const enoughRoom = Math.floor(max * 0.8)
  let inHand = 0
  const waiting = new Set<() => void>()

  const wakeAll = (): void => {
    const woken = [...waiting]
    waiting.clear()
    for (const wake of woken) wake()
  }
  return {
    take: () => {
      inHand++
    },
    release: () => {
      inHand--
      if (inHand <= enoughRoom && waiting.size > 0) wakeAll()
    },
    get full() {
      return inHand >= max
    },
    get inFlight() {
      return inHand
    },
    get waiting() {
      return waiting.size
    },
    waitForCapacity: (ms) =>
      new Promise((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          resolve()
        }
        // In an outage there is no release for hours, and each blocked batch looks again every
        // second.
        const timer = setTimeout(() => {
          waiting.delete(wake)
          resolve()
        }, ms)
        waiting.add(wake)
      }),
    wake: wakeAll,
  }
}
