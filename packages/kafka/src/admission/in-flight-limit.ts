// How many messages may be in flight, and how does the fetching learn that there is capacity again?

export interface InFlightLimit {
  readonly max: number
  take(): void
  release(): void
  readonly full: boolean
  readonly inFlight: number
  /** Calls of `waitForCapacity` that have not resolved. */
  readonly waiting: number
  /** Resolves when a good part is free again, on `wake`, or after `ms`. */
  waitForCapacity(ms: number): Promise<void>
  /** Callers that wait for capacity look again: something else that they wait for has happened. */
  wake(): void
}

export function createInFlightLimit(max: number): InFlightLimit {
  // Waking for each single place would cost more than the work itself.
  const enoughRoom = Math.floor(max * 0.8)
  let inFlight = 0
  const waiting = new Set<() => void>()

  const wakeAll = (): void => {
    const callbacks = [...waiting]
    waiting.clear()
    for (const wake of callbacks) wake()
  }
  return {
    max,
    take: () => {
      inFlight++
    },
    release: () => {
      inFlight--
      if (inFlight <= enoughRoom && waiting.size > 0) wakeAll()
    },
    get full() {
      return inFlight >= max
    },
    get inFlight() {
      return inFlight
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
