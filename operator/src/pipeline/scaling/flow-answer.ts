// What does KEDA get for a stage that is scaled on flow, and what else is known of it? The figure,
// the decision behind it, and the earlier changes of the desired replicas. Pure.
import type { FlowChange } from './flow-changes.ts'
import { decisionText } from './flow-decision.ts'
import type { FlowDecision } from './flow-decision.ts'
import { metricFor } from './flow-demand.ts'

/** The default of the horizontal pod autoscaler. */
const hpaTolerance = 0.1

export interface FlowAnswer {
  /**
   * What the horizontal pod autoscaler gets, with a target of 1 a replica; KEDA reads this field.
   */
  readonly metric: number
  /** Desired replicas. */
  readonly replicas: number
  /** Replicas that its Deployment has. */
  readonly current: number
  /** `decision` in words. */
  readonly reason: string
  readonly decision: FlowDecision
}

/** For a person: `orderpipeline explain` shows it. */
export interface FlowHistory extends FlowAnswer {
  /** ISO date since which this replica of the operator has sampled the stage. */
  readonly since: string
  /** Oldest first. */
  readonly changes: readonly FlowChange[]
}

/** `now` in milliseconds, on the clock of the samples. */
export function answerOf(decision: FlowDecision, now: number): FlowAnswer {
  const { replicas, current, reason } = decision
  return {
    metric: reason === 'Unmeasured' ? replicas : metricFor(replicas, current, hpaTolerance),
    replicas,
    current,
    reason: decisionText(decision, now),
    decision,
  }
}
