// How long until everything is done? The longest chain of steps that still has to be gone through,
// by what each is expected to take. Pure.

export interface TimedStep {
  readonly name: string
  readonly after: readonly string[]
  readonly expectedMs: number
}

/**
 * `begun`: how long each running step has been at it, milliseconds; `done`: names of finished ones.
 */
export function timeLeft(
  steps: readonly TimedStep[],
  begun: ReadonlyMap<string, number>,
  done: ReadonlySet<string>,
): number {
  const until = new Map<string, number>()
  for (const step of steps) {
    const before = Math.max(0, ...step.after.map((name) => until.get(name) ?? 0))
    // A step that is late is expected to end any moment now.
    const own = done.has(step.name) ? 0 : Math.max(0, step.expectedMs - (begun.get(step.name) ?? 0))
    until.set(step.name, before + own)
  }
  return Math.max(0, ...until.values())
}
