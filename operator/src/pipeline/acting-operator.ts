// Which of several installations of the operator acts on a pipeline? The one that is on record in
// its status. Another that watches the same namespace stands by. It asks now and then whether the
// first is still there, and acts once that was not answered twice. Pure.
import type { OperatorRecord } from '../api/index.ts'

/**
 * What this process remembers of the question that is open, or was last answered; times in
 * milliseconds of one clock.
 */
export interface Asked {
  /** Who asks: this installation, or another one that stands by. */
  readonly by: string
  /** The question, as it stands in the status. */
  readonly askedAt: string
  /** When this process first saw it. */
  readonly seenAt: number
  /** How many questions before it were not answered. */
  readonly unanswered: number
}

export interface StandbyTimes {
  /** How long a question may stay without an answer. */
  readonly answerMs: number
  /** How often one that stands by asks. */
  readonly askMs: number
}

export type Standing =
  /** Look again after `waitMs`, where the record will have to be changed by then. */
  | { readonly kind: 'acts'; readonly waitMs?: number }
  | { readonly kind: 'standsBy'; readonly acting: string; readonly waitMs: number }
  /** Only if nobody has changed the pipeline since; then what is on record decides anew. */
  | { readonly kind: 'record'; readonly operator: OperatorRecord }

/**
 * As many questions must stay without an answer: the API server took the last one, so that the
 * silence is not its own.
 */
const questions = 2

/** What is remembered after a look at the record. */
export const asked = (
  operator: OperatorRecord | undefined,
  before: Asked | undefined,
  now: number,
): Asked | undefined => {
  if (!operator?.standby) return undefined
  const { name: by, askedAt } = operator.standby
  if (before?.by === by && before.askedAt === askedAt) return before
  const wasAnswered = operator.answered === before?.askedAt
  return { by, askedAt, seenAt: now, unanswered: before?.by === by && !wasAnswered ? before.unanswered + 1 : 0 }
}

/**
 * `own`: this installation, as `<namespace>/<lease>`. `at`: the time of day as an ISO date, which
 * makes a question another one.
 */
export const standing = (
  operator: OperatorRecord | undefined,
  own: string,
  memory: Asked | undefined,
  { now, at }: { readonly now: number; readonly at: string },
  { answerMs, askMs }: StandbyTimes,
): Standing => {
  if (!operator) return { kind: 'record', operator: { name: own } }
  const age = now - (memory?.seenAt ?? now)
  const goneMs = 3 * askMs - age // whoever stands by would have asked again
  const { name, standby, answered } = operator
  if (name === own) {
    if (!standby) return { kind: 'acts' }
    if (goneMs <= 0) return { kind: 'record', operator: { name } }
    if (answered !== standby.askedAt) return { kind: 'record', operator: { name, standby, answered: standby.askedAt } }
    return { kind: 'acts', waitMs: goneMs }
  }
  const ask: Standing = { kind: 'record', operator: { ...operator, standby: { name: own, askedAt: at } } }
  if (!standby || goneMs <= 0) return ask
  if (standby.name !== own) return { kind: 'standsBy', acting: name, waitMs: goneMs }
  const isAnswered = answered === standby.askedAt
  const waitMs = (isAnswered ? askMs : answerMs) - age
  if (waitMs > 0) return { kind: 'standsBy', acting: name, waitMs }
  if (isAnswered || (memory?.unanswered ?? 0) + 1 < questions) return ask
  return { kind: 'record', operator: { name: own } }
}

/**
 * A third one that stands by leaves the asking to the second; which of them is on record does not
 * matter.
 */
export const actsOn = (operator: OperatorRecord | undefined, own: string): boolean => operator?.name === own

/**
 * Whether a record that was changed asks something of this installation, or says that it no longer
 * acts.
 */
export const concerns = (operator: OperatorRecord | undefined, own: string): boolean =>
  !actsOn(operator, own) || operator?.standby?.askedAt !== operator?.answered
