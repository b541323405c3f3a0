// How fast does this cluster start pods, and how long does a rebalance hold a group up? From a
// stage that was scaled up.
import type { Surroundings } from '@orderpipeline/cli'
import type { Observation } from './watch.ts'

/** `seen` goes from a settled group to one that is larger and that nobody joins any more. */
export function surroundingsOf(
  seen: readonly Observation[],
): Omit<Surroundings, 'readinessSeconds' | 'hpaSyncSeconds' | 'skew'> {
  const [first, last] = [seen[0], seen.at(-1)]
  const added = (last?.members ?? 0) - (first?.members ?? 0)
  if (!first || added < 10)
    throw new Error(`${added} pods were added; 10 at least are needed to tell how fast they start`)
  const after = (part: number): Observation =>
    seen.find(({ members }) => members - first.members >= part * added) ?? seen[seen.length - 1] ?? first
  const [early, late] = [after(0.1), after(0.9)]
  const startsPerSecond = (late.members - early.members) / Math.max(0.4, late.seconds - early.seconds)
  const asked = seen.find(({ wanted }) => wanted > first.members)?.seconds ?? first.seconds
  const joined = after(1)
  return {
    startsPerSecond,
    podStartSeconds: Math.max(0, early.seconds - asked - (early.members - first.members) / startsPerSecond),
    readyWhileStarting: Math.min(1, Math.max(0, (late.ready - first.ready) / (late.members - first.members))),
    readyLateSeconds: lateness(joined, last ?? joined),
    rebalanceSeconds: meanStandstill(seen),
  }
}

/**
 * How long it takes until the last is seen ready, at the pace at which they were from when all had
 * joined.
 */
const lateness = (joined: Observation, last: Observation): number =>
  ((last.seconds - joined.seconds) * (last.members - joined.ready)) / Math.max(1, last.ready - joined.ready)

/** Seconds of a span in which the group was not stable, on average. */
function meanStandstill(seen: readonly Observation[]): number {
  let spans = 0
  let total = 0
  for (const [index, { stable, seconds }] of seen.entries()) {
    const before = seen[index - 1]
    if (!before) continue
    if (!before.stable) total += seconds - before.seconds
    if (before.stable && !stable) spans += 1
  }
  return spans === 0 ? 0 : total / spans
}
