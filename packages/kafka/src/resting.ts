// Which messages in hand do nothing but wait for a next try? One whose call or transaction has
// failed, and every later one of its key, which waits behind it.

export interface Resting {
  /** How many of those in hand rest. */
  readonly count: number
  /**
   * `key`: of the messages that are prepared one after the other; without one it waits for none.
   */
  enter(key?: string): RestingMessage
}

export interface RestingMessage {
  readonly resting: boolean
  /** It and those behind it only wait for this. */
  during(wait: Promise<void>): Promise<void>
  /** It waits no more for those before it, nor others for it: its calls have come to an end. */
  leave(): void
  /** Its transaction has failed, or that of one before it: it waits apart from the others. */
  aside(waits: boolean): void
}

interface Lane {
  messages: number
  resting: boolean
}

/** `onRest`: more of them rest than before. */
export function createResting(onRest: () => void): Resting {
  const lanes = new Map<string, Lane>()
  let count = 0
  const laneOf = (key: string): Lane => {
    const lane = lanes.get(key) ?? { messages: 0, resting: false }
    lanes.set(key, lane)
    return lane
  }
  return {
    get count() {
      return count
    },
    enter: (key) => {
      const lane = key === undefined ? { messages: 0, resting: false } : laneOf(key)
      let inLane = true
      let apart = false
      lane.messages++
      if (lane.resting) count++
      return {
        get resting() {
          return apart || (inLane && lane.resting)
        },
        during: async (wait) => {
          lane.resting = true
          count += lane.messages
          onRest()
          try {
            await wait
          } finally {
            lane.resting = false
            count -= lane.messages
          }
        },
        leave: () => {
          if (!inLane) return
          inLane = false
          lane.messages--
          if (lane.resting) count--
          if (lane.messages === 0 && key !== undefined) lanes.delete(key)
        },
        aside: (waits) => {
          if (waits === apart) return
          apart = waits
          count += waits ? 1 : -1
          if (waits) onRest()
        },
      }
    },
  }
}
