// When is what all replicas of a stage share done with their messages? A provider or a database
// that gets so many a second done, in the order in which they come, however many replicas ask.

export interface Provider {
  /** When so many messages that come to it at `now` are done, in milliseconds. */
  doneAt(now: number, messages: number): number
  /** Whether messages wait for it. */
  isBehind(now: number): boolean
}

/** A function is called for each batch. */
export function createProvider(rate: number | (() => number)): Provider {
  const perSecond = typeof rate === 'number' ? () => rate : rate
  let free = 0
  return {
    doneAt: (now, messages) => {
      free = Math.max(free, now) + (messages * 1_000) / perSecond()
      return free
    },
    isBehind: (now) => free > now,
  }
}
