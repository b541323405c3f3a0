// How long until everything is done? As long as the longest remaining chain of steps, by the
// expected time of each. Pure.

export interface TimedStep {
  readonly name: string
  readonly after: readonly string[]
  readonly expectedMs: number
}

/**
 * `elapsedMs`: by name, how long each running step has run; `finished`: names of finished steps.
 */
export function timeLeft(
  steps: readonly TimedStep[],
  elapsedMs: ReadonlyMap<string, number>,
  finished: ReadonlySet<string>,
): number {
  const until = new Map<string, number>()
  for (const step of steps) {
    const before = Math.max(0, ...step.after.map((name) => until.get(name) ?? 0))
    // A step that is late is expected to end any moment now.
    const own = finished.has(step.name) ? 0 : Math.max(0, step.expectedMs - (elapsedMs.get(step.name) ?? 0))
    until.set(step.name, before + own)
  }
  return Math.max(0, ...until.values())
}
