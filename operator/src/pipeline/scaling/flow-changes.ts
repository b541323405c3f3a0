// When did the desired replicas of a stage change, and why? The last changes of its decisions, few
// enough to stay in memory.
import type { ScalingChange } from '../../api/index.ts'
import { decisionText } from './flow-decision.ts'
import type { FlowDecision, FlowReason } from './flow-decision.ts'

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
  /** Desired replicas of the last decision; undefined before there is one. */
  readonly desired: number | undefined
  /** Oldest first. */
  readonly changes: readonly FlowChange[]
}

export const noChanges: FlowChanges = { desired: undefined, changes: [] }

/**
 * Steps in one direction for one reason that begin within that time are one change: a burst is 5 to
 * 100, not five steps.
 */
const oneChangeMs = 60_000
/** So a whole hour fits that goes up or down once a minute. */
const mostChanges = 60
/** As the definition of OrderPipelines has it. */
const longestMessage = 1_024

/** `now` on the clock of the stage's samples, `wall` the time of day, both in milliseconds. */
export function withDecision(history: FlowChanges, decision: FlowDecision, now: number, wall: number): FlowChanges {
  const { replicas: to, current, reason } = decision
  const from = history.desired ?? current
  if (to === from) return history.desired === to ? history : { ...history, desired: to }
  const last = history.changes.at(-1)
  const goesOn =
    last !== undefined &&
    last.reason === reason &&
    wall - last.at < oneChangeMs &&
    Math.sign(last.to - last.from) === Math.sign(to - from)
  const before = goesOn ? history.changes.slice(0, -1) : history.changes.slice(1 - mostChanges)
  const start = goesOn ? last : { at: wall, from }
  const change = { at: start.at, until: wall, from: start.from, to, reason, text: decisionText(decision, now) }
  return { desired: to, changes: [...before, change] }
}

/** The last change, as the status has it; undefined before there is one. */
export function lastChange({ changes }: FlowChanges): ScalingChange | undefined {
  const last = changes.at(-1)
  if (!last) return undefined
  const { until, from, to, reason, text } = last
  return { at: new Date(until).toISOString(), from, to, reason, message: text.slice(0, longestMessage) }
}
