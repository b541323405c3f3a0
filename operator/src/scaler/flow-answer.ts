// What does KEDA get for a stage that is scaled on flow, and why? The figure, and the decision behind it in words. Pure.
import { metricFor, type FlowDecision } from '../pipeline/index.ts'

/** The horizontal pod autoscaler's own, unless the cluster sets another one. */
const hpaTolerance = 0.1

export interface FlowAnswer {
  /** What the horizontal pod autoscaler gets, with a target of 1 a replica; KEDA reads this field. */
  readonly metric: number
  /** Replicas that are wanted. */
  readonly replicas: number
  /** Replicas that its Deployment has. */
  readonly current: number
  readonly reason: string
}

/** A stage that was looked at for too short a time keeps its replicas; with none and something waiting, it gets the first. */
export function heldAnswer(current: number, minReplicas: number, lag: number): FlowAnswer {
  const replicas = Math.max(current, minReplicas, lag > 0 ? 1 : 0)
  return { metric: replicas, replicas, current, reason: 'keeps its replicas until its rates are known' }
}

/** `now` in milliseconds, on the clock of the looks. */
export function decidedAnswer(decision: FlowDecision, current: number, now: number): FlowAnswer {
  const { replicas } = decision
  return {
    metric: metricFor(replicas, current, hpaTolerance),
    replicas,
    current,
    reason: reasonOf(decision, now),
  }
}

function reasonOf(decision: FlowDecision, now: number): string {
  const { arrivalsPerSecond, backlog, drainSeconds, replicaPerSecond, measuredAt, forArrivals, forBacklog, bound } =
    decision
  const source =
    measuredAt === undefined ? 'as workSeconds says' : `measured ${Math.round((now - measuredAt) / 1_000)} s ago`
  return [
    `${rounded(arrivalsPerSecond)} messages a second arrive (${rounded(forArrivals)} replicas)`,
    `${Math.round(backlog)} wait, to be done in ${rounded(drainSeconds)} s (${rounded(forBacklog)} replicas)`,
    `a replica handles ${rounded(replicaPerSecond)} a second, ${source}`,
    ...(bound === undefined ? [] : [`bound: ${bound}`]),
  ].join('; ')
}

const rounded = (value: number): number => Math.round(value * 10) / 10
