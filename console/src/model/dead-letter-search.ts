// What does a person find who looks for dead letters? Those that wait, by stage and cause, and what
// was done with them. Pure.
import { decisionsOf } from './dead-letter-decisions.ts'
import type { DeadLetterDecision } from './dead-letter-decisions.ts'
import { matches } from './dead-letter-filter.ts'
import type { DeadLetterFilter } from './dead-letter-filter.ts'
import { groupDeadLetters } from './dead-letters.ts'
import type { DeadLetterGroup, DeadLetterSummary } from './dead-letters.ts'

export interface DeadLetters {
  readonly at: number
  /** How many wait, among those that were looked for. */
  readonly waiting: number
  readonly groups: readonly DeadLetterGroup[]
  /** What was done with those that were looked for, the newest first. */
  readonly decisions: readonly DeadLetterDecision[]
  /** What may be looked for, in alphabetical order. */
  readonly stages: readonly string[]
  readonly reasons: readonly string[]
}

const mostNames = 200

export function deadLettersAmong(
  deadLetters: readonly DeadLetterSummary[],
  filter: DeadLetterFilter,
  at: number,
): DeadLetters {
  const selected = deadLetters.filter((deadLetter) => matches(deadLetter, filter))
  const groups = groupDeadLetters(selected)
  const names = (of: (deadLetter: DeadLetterSummary) => string) =>
    [...new Set(deadLetters.map(of))].sort().slice(0, mostNames)
  return {
    at,
    waiting: groups.reduce((sum, { waiting }) => sum + waiting, 0),
    groups,
    decisions: decisionsOf(selected),
    stages: names(({ stage }) => stage),
    reasons: names(({ reason }) => reason),
  }
}
