// Is a stage fresh: has it consumed every message that was written longer ago than its target?
// Decided for each partition from the ends that it had then. Lag over rate would hide a partition
// that stands still behind the others, and has no value while nothing is consumed.
import type { PartitionOffsets } from '../kafka/lag.ts'

/** The ends of all partitions at one time. */
export interface EndsSample {
  /** Milliseconds. */
  readonly at: number
  readonly ends: readonly number[]
}

export interface Freshness {
  /** At most `samplesPerTarget` + 2, the oldest first. */
  readonly samples: readonly EndsSample[]
  /** Undefined while the samples do not reach back far enough. */
  readonly late: boolean | undefined
}

/** A late message is noticed after 1 to 1.25 times the target, and the time between two looks. */
const samplesPerTarget = 4

/** `samples` of an earlier look, of the same topics. `partitions` in the same order each time. */
export function freshness(
  samples: readonly EndsSample[],
  partitions: readonly PartitionOffsets[],
  at: number,
  targetMs: number,
): Freshness {
  const ends = partitions.map(({ high }) => high)
  const past = isContinued(samples.at(-1), ends) ? samples : []
  const reference = past.findLast((sample) => at - sample.at >= targetMs)
  const recent = reference ? past.slice(past.indexOf(reference)) : past
  const last = recent.at(-1)
  const isDue = last === undefined || at - last.at >= targetMs / samplesPerTarget
  return {
    samples: isDue ? [...recent, { at, ends }] : recent,
    late: verdict(reference, recent[0] ?? { at, ends }, partitions),
  }
}

/** Without a sample of the target's age, only a stage that has consumed all of it is known. */
function verdict(
  reference: EndsSample | undefined,
  oldest: EndsSample,
  partitions: readonly PartitionOffsets[],
): boolean | undefined {
  if (reference) return isBehind(reference, partitions)
  return isBehind(oldest, partitions) ? undefined : false
}

function isBehind({ ends }: EndsSample, partitions: readonly PartitionOffsets[]): boolean {
  return partitions.some(({ low, committed }, index) => Math.max(low, committed ?? low) < (ends[index] ?? 0))
}

/** Not where partitions were added, or a topic was created again. */
function isContinued(sample: EndsSample | undefined, ends: readonly number[]): boolean {
  return sample?.ends.length === ends.length && sample.ends.every((end, index) => end <= (ends[index] ?? 0))
}
