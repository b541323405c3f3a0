// Must the offsets be read again, or are the last ones as good? Pure. Reading them is the largest
// part of what an idle runtime costs, its Kafka's answer included: every partition of every topic.
import type { PartitionOffsets } from '@orderpipeline/operator/pipeline'

export type OffsetsByGroup = ReadonlyMap<string, readonly PartitionOffsets[]>

export interface LastReading {
  readonly ageMs: number
  /** How many readings before it were the same, one after the other. */
  readonly unchangedReadings: number
  /** The gateway has received something since. */
  readonly requested: boolean
}

/**
 * So many equal readings are a lull; until then a stage that consumes slowly would be taken for
 * one that is idle.
 */
const quietAfter = 3
/** An autoscaler decides every 15 s; it must not miss a lag because of this. */
export const quietMs = 12_000

export function isReadingDue({ ageMs, unchangedReadings, requested }: LastReading): boolean {
  return requested || unchangedReadings < quietAfter || ageMs >= quietMs
}

/** By group and partition; the readings of a group list its partitions in the same order. */
export function areEqual(one: OffsetsByGroup, other: OffsetsByGroup): boolean {
  if (one.size !== other.size) return false
  for (const [group, partitions] of one) {
    const others = other.get(group)
    if (others?.length !== partitions.length) return false
    for (const [index, { topic, low, high, committed }] of partitions.entries()) {
      const same = others[index]
      if (same?.topic !== topic || same.low !== low || same.high !== high || same.committed !== committed) return false
    }
  }
  return true
}
