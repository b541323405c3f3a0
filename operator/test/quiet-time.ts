// For how long has nothing changed, as far as a test can see?

/**
 * A longer pause between two looks is one in which this process stood still, and the operator in it
 * did, too.
 */
const longestPauseMs = 500

/** Takes what a look shows. Returns for how many milliseconds looks have shown the same. */
export function quietTime(): (state: string) => number {
  let before: string | undefined
  let [at, quietMs] = [0, 0]
  return (state) => {
    const now = performance.now()
    quietMs = state === before ? quietMs + Math.min(now - at, longestPauseMs) : 0
    ;[before, at] = [state, now]
    return quietMs
  }
}
