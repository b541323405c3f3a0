// How fast does this cluster start pods, and how long does a rebalance stop a group? From a stage
// that was scaled up.
import type { ClusterConditions } from '@orderpipeline/cli'
import type { Observation } from './watch.ts'

/** `observations` go from a settled group to one that is larger and complete. */
export function surroundingsOf(
  observations: readonly Observation[],
): Omit<ClusterConditions, 'readinessSeconds' | 'hpaSyncSeconds' | 'skew'> {
  const [first, last] = [observations[0], observations.at(-1)]
  const added = (last?.members ?? 0) - (first?.members ?? 0)
  if (!first || added < 10)
    throw new Error(`${added} pods were added; 10 at least are needed to measure how fast they start`)
  const after = (part: number): Observation =>
    observations.find(({ members }) => members - first.members >= part * added) ??
    observations[observations.length - 1] ??
    first
  const [early, late] = [after(0.1), after(0.9)]
  const startsPerSecond = (late.members - early.members) / Math.max(0.4, late.seconds - early.seconds)
  const scaleUpSeconds = observations.find(({ wanted: desired }) => desired > first.members)?.seconds ?? first.seconds
  const joined = after(1)
  return {
    startsPerSecond,
    podStartSeconds: Math.max(0, early.seconds - scaleUpSeconds - (early.members - first.members) / startsPerSecond),
    readyWhileStarting: Math.min(1, Math.max(0, (late.ready - first.ready) / (late.members - first.members))),
    readyLateSeconds: lateness(joined, last ?? joined),
    rebalanceSeconds: meanStandstill(observations),
  }
}

/**
 * How long it takes until the last is seen ready, at the rate at which they became ready after all
 * had joined.
 */
function lateness(joined: Observation, last: Observation): number {
  return ((last.seconds - joined.seconds) * (last.members - joined.ready)) / Math.max(1, last.ready - joined.ready)
}

/** Seconds of a span in which the group was not stable, on average. */
function meanStandstill(observations: readonly Observation[]): number {
  let spans = 0
  let total = 0
  for (const [index, { stable, seconds }] of observations.entries()) {
    const before = observations[index - 1]
    if (!before) continue
    if (!before.stable) total += seconds - before.seconds
    if (before.stable && !stable) spans += 1
  }
  return spans === 0 ? 0 : total / spans
}
