// When did the replicas wanted for a stage change, and why? The last changes of its decisions, few
// enough to be kept in memory.
import { decisionText, type FlowDecision, type FlowReason } from './flow-decision.ts'

export interface FlowChange {
  /** Milliseconds since 1970, of its first and its last step. */
  readonly at: number
  readonly until: number
  readonly from: number
  readonly to: number
  readonly reason: FlowReason
  /** The decision of its last step, in words. */
  readonly text: string
}

export interface FlowChanges {
  /** Replicas wanted by the last decision; undefined before there is one. */
  readonly wanted: number | undefined
  /** Oldest first. */
  readonly changes: readonly FlowChange[]
}

export const noChanges: FlowChanges = { wanted: undefined, changes: [] }

/**
 * Steps in one direction for one reason that begin within that time are one change: a burst is 5 to
 * 100, not five steps.
 */
const oneChangeMs = 60_000
/** So an hour that goes up or down once a minute is there whole. */
const mostChanges = 60

/** `now` on the clock of the looks at the stage, `wall` the time of day, both in milliseconds. */
export function withDecision(known: FlowChanges, decision: FlowDecision, now: number, wall: number): FlowChanges {
  const { replicas: to, current, reason } = decision
  const from = known.wanted ?? current
  if (to === from) return known.wanted === to ? known : { ...known, wanted: to }
  const last = known.changes.at(-1)
  const goesOn =
    last !== undefined &&
    last.reason === reason &&
    wall - last.at < oneChangeMs &&
    Math.sign(last.to - last.from) === Math.sign(to - from)
  const before = goesOn ? known.changes.slice(0, -1) : known.changes.slice(1 - mostChanges)
  const begun = goesOn ? last : { at: wall, from }
  const change = { at: begun.at, until: wall, from: begun.from, to, reason, text: decisionText(decision, now) }
  return { wanted: to, changes: [...before, change] }
}
