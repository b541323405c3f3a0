// Who has done what with dead letters? The marks in the dead-letter topics, those of one run of one
// person as one. Pure.
import type { DeadLetterMark, DeadLetterSummary } from './dead-letters.ts'

export interface DeadLetterDecision {
  readonly stage: string
  readonly reason: string
  readonly action: DeadLetterMark['action']
  readonly by: string
  /** RFC 3339: of the last one. */
  readonly at: string
  readonly letters: number
  /** Those of them whose message was edited, or that were replayed by force. */
  readonly edited: number
  readonly forced: number
}

/** A slow replay marks one after another; a longer pause begins another run. */
const pauseMs = 60_000
const mostDecisions = 50

/** The newest first. */
export function decisionsOf(deadLetters: readonly DeadLetterSummary[]): readonly DeadLetterDecision[] {
  const marks = deadLetters
    .flatMap(({ stage, reason, marks: all = [] }) => all.map((mark) => ({ stage, reason, ...mark })))
    .toSorted((a, b) => (a.at < b.at ? -1 : 1))
  const decisions: DeadLetterDecision[] = []
  const indexes = new Map<string, number>()
  for (const { stage, reason, action, by, at, edited, forced } of marks) {
    const key = JSON.stringify([stage, reason, action, by])
    const index = indexes.get(key)
    const before = index === undefined ? undefined : decisions[index]
    const same = before !== undefined && Date.parse(at) - Date.parse(before.at) <= pauseMs ? before : undefined
    const sum = {
      ...{ stage, reason, action, by, at, letters: (same?.letters ?? 0) + 1 },
      edited: (same?.edited ?? 0) + (edited ? 1 : 0),
      forced: (same?.forced ?? 0) + (forced ? 1 : 0),
    }
    if (same !== undefined && index !== undefined) decisions[index] = sum
    else indexes.set(key, decisions.push(sum) - 1)
  }
  return decisions.toSorted((a, b) => (a.at < b.at ? 1 : -1)).slice(0, mostDecisions)
}
