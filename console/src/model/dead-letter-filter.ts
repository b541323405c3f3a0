// Which dead letters does a person look for? By stage, cause, state and text: as a query, so that a
// link shows a colleague the same ones. Pure.
import { isWaiting } from './dead-letters.ts'
import type { DeadLetterSummary } from './dead-letters.ts'

/** `waiting`: open or parked. */
export const filterStates = ['waiting', 'parked', 'replayed', 'discarded'] as const
export type FilterState = (typeof filterStates)[number]

export interface DeadLetterFilter {
  readonly stage?: string
  readonly reason?: string
  /** All where it is absent. */
  readonly state?: FilterState
  /**
   * A part of the cause, the error message, the id, the order or who decided; upper and lower case
   * are alike.
   */
  readonly text?: string
}

const longest = 200

/** An unknown state counts as none. */
export function filterIn(query: URLSearchParams): DeadLetterFilter {
  const text = (name: string): string => (query.get(name) ?? '').trim().slice(0, longest)
  const state = filterStates.find((one) => one === text('state'))
  return filterOf({ stage: text('stage'), reason: text('reason'), text: text('text'), ...(state && { state }) })
}

/** Without what is empty. */
export function filterOf({ stage, reason, state, text }: DeadLetterFilter): DeadLetterFilter {
  return {
    ...(stage ? { stage } : {}),
    ...(reason ? { reason } : {}),
    ...(state ? { state } : {}),
    ...(text ? { text } : {}),
  }
}

export function filterQuery(filter: DeadLetterFilter): string {
  return new URLSearchParams(Object.entries(filterOf(filter)) as [string, string][]).toString()
}

export function matches(deadLetter: DeadLetterSummary, { stage, reason, state, text }: DeadLetterFilter): boolean {
  if (stage !== undefined && deadLetter.stage !== stage) return false
  if (reason !== undefined && deadLetter.reason !== reason) return false
  if (state !== undefined && (state === 'waiting' ? !isWaiting(deadLetter) : deadLetter.state !== state)) return false
  if (text === undefined) return true
  const part = text.toLowerCase()
  const texts = [
    deadLetter.reason,
    deadLetter.message,
    deadLetter.id,
    deadLetter.order ?? '',
    ...(deadLetter.marks ?? []).map(({ by }) => by),
  ]
  return texts.some((one) => one.toLowerCase().includes(part))
}
