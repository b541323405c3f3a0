// Which of several installations of the operator acts on a pipeline? The one that is recorded in
// its status. Another one that watches the same namespace stands by. It asks from time to time
// whether the first still runs, and acts after two questions without an answer. Pure.
import type { OperatorRecord } from '../../api/index.ts'

/** What this process remembers of the last question; times in milliseconds of one clock. */
export interface StandbyRequest {
  /** The installation that asked: this one, or another one that stands by. */
  readonly by: string
  /** The time of the question, as the status records it. */
  readonly askedAt: string
  /** When this process first saw the question. */
  readonly firstReadAt: number
  /** How many questions before it had no answer. */
  readonly unanswered: number
}

export interface StandbyTimes {
  /** How long to wait for the answer to a question. */
  readonly answerMs: number
  /** How often an installation that stands by asks. */
  readonly askMs: number
}

export type StandbyDecision =
  /** Read the record again after `waitMs`, if it will have to be changed by then. */
  | { readonly kind: 'acts'; readonly waitMs?: number }
  | { readonly kind: 'standsBy'; readonly acting: string; readonly waitMs: number }
  /**
   * Write only if the pipeline has not changed since; otherwise decide again from the new record.
   */
  | { readonly kind: 'record'; readonly operator: OperatorRecord }

/**
 * This many questions must have no answer: the API server accepted the last one, so the silence is
 * not the API server's.
 */
const questions = 2

/** What to remember after reading the record. */
export function standbyRequestOf(
  operator: OperatorRecord | undefined,
  before: StandbyRequest | undefined,
  now: number,
): StandbyRequest | undefined {
  if (!operator?.standby) return undefined
  const { name: by, askedAt } = operator.standby
  if (before?.by === by && before.askedAt === askedAt) return before
  const wasAnswered = operator.answered === before?.askedAt
  return { by, askedAt, firstReadAt: now, unanswered: before?.by === by && !wasAnswered ? before.unanswered + 1 : 0 }
}

/**
 * `own`: this installation, as `<namespace>/<lease>`. `at`: the time of day as an ISO date, which
 * distinguishes one question from another.
 */
export function standbyDecision(
  operator: OperatorRecord | undefined,
  own: string,
  memory: StandbyRequest | undefined,
  { now, at }: { readonly now: number; readonly at: string },
  { answerMs, askMs }: StandbyTimes,
): StandbyDecision {
  if (!operator) return { kind: 'record', operator: { name: own } }
  const age = now - (memory?.firstReadAt ?? now)
  const expiryMs = 3 * askMs - age // another installation would have asked again
  const { name, standby, answered } = operator
  if (name === own) {
    if (!standby) return { kind: 'acts' }
    if (expiryMs <= 0) return { kind: 'record', operator: { name } }
    if (answered !== standby.askedAt) return { kind: 'record', operator: { name, standby, answered: standby.askedAt } }
    return { kind: 'acts', waitMs: expiryMs }
  }
  const ask: StandbyDecision = { kind: 'record', operator: { ...operator, standby: { name: own, askedAt: at } } }
  if (!standby || expiryMs <= 0) return ask
  if (standby.name !== own) return { kind: 'standsBy', acting: name, waitMs: expiryMs }
  const isAnswered = answered === standby.askedAt
  const waitMs = (isAnswered ? askMs : answerMs) - age
  if (waitMs > 0) return { kind: 'standsBy', acting: name, waitMs }
  if (isAnswered || (memory?.unanswered ?? 0) + 1 < questions) return ask
  return { kind: 'record', operator: { name: own } }
}

/**
 * Whether the record names this installation. A third installation that stands by leaves the
 * questions to the second; which of them is recorded does not matter.
 */
export function actsOn(operator: OperatorRecord | undefined, own: string): boolean {
  return operator?.name === own
}

/** Whether a changed record asks something of this installation, or says that it no longer acts. */
export function concerns(operator: OperatorRecord | undefined, own: string): boolean {
  return !actsOn(operator, own) || operator?.standby?.askedAt !== operator?.answered
}
