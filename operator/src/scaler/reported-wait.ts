// In which share of their time did the replicas of a stage wait for a processor? They note it with
// the offsets that they commit.
import { localWork, processorWaitPercent, readAhead } from '@orderpipeline/kafka/ahead-of-offset'
import type { PartitionOffsets } from '../pipeline/index.ts'

export interface ReportedWait {
  /** 0 to 1. */
  readonly share: number
  /** They say that their stage calls no other system; absent where none of them waits. */
  readonly local?: boolean
}

/**
 * The share is the mean over the partitions whose offsets were committed since `before`: the note
 * of any other is as old as its offset. Both are in the same order; partitions that were added
 * meanwhile only make more of them count. Undefined where none was committed.
 */
export function reportedWait(
  partitions: readonly PartitionOffsets[],
  before: readonly PartitionOffsets[] | undefined,
): ReportedWait | undefined {
  if (!before) return undefined
  const newNotes = partitions.flatMap(({ committed, metadata = '' }, index) =>
    committed === undefined || committed === before[index]?.committed ? [] : [metadata],
  )
  if (newNotes.length === 0) return undefined
  const notes = newNotes.map((note) => readAhead(note).ahead)
  const percents = notes.map((names) => names.get(processorWaitPercent) ?? 0)
  const share = Math.min(1, percents.reduce((sum, percent) => sum + percent, 0) / percents.length / 100)
  const waiting = notes.filter((names) => names.has(processorWaitPercent))
  if (waiting.length === 0) return { share }
  return { share, local: waiting.every((names) => names.get(localWork) === 1) }
}
