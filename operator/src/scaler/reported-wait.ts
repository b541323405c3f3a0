// In which share of their time did the replicas of a stage wait for a processor? They note it with
// the offsets that they commit.
import { processorWaitPercent, readAhead } from '@orderpipeline/kafka/ahead-of-offset'
import type { PartitionOffsets } from '../pipeline/index.ts'

/**
 * 0 to 1, the mean over the partitions whose offsets were committed since `before`: the note of any
 * other is as old as its offset. Both are in the same order; partitions that were added meanwhile
 * only make more of them count. Undefined where none was committed.
 */
export function reportedWait(
  partitions: readonly PartitionOffsets[],
  before: readonly PartitionOffsets[] | undefined,
): number | undefined {
  if (!before) return undefined
  const newNotes = partitions.flatMap(({ committed, metadata = '' }, index) =>
    committed === undefined || committed === before[index]?.committed ? [] : [metadata],
  )
  if (newNotes.length === 0) return undefined
  const percents = newNotes.map((note) => readAhead(note).ahead.get(processorWaitPercent) ?? 0)
  return Math.min(1, percents.reduce((sum, percent) => sum + percent, 0) / percents.length / 100)
}
