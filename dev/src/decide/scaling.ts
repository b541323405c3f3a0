// How many replicas does a ScaledObject come to? KEDA's step to and from zero, and the autoscaler's
// decision on lag, CPU and memory, by the rules that `simulate` uses and that are checked against
// Kubernetes' own. Pure.
import { blank, decision, lagMetric, polled, summed } from '@orderpipeline/cli/embedding'
import type { AutoscalerRules, HpaMemory, Metric } from '@orderpipeline/cli/embedding'

/** A topic's lag; undefined while Kafka does not say. */
export type LagOf = (topic: string) => { readonly lag: number; readonly partitions: number } | undefined

export interface Measured {
  readonly lagOf: LagOf
  /** The sum over the replicas, in the unit of the request; undefined while unknown. */
  readonly cpu?: ResourceUse | undefined
  readonly memory?: ResourceUse | undefined
}

/** What replicas use of a resource, and what one of them has requested. */
export interface ResourceUse {
  readonly total: number
  readonly requested: number
  /** Replicas that were measured. */
  readonly replicas: number
}

/** What one autoscaler remembers between two looks. */
export interface ScalingMemory {
  readonly hpa: HpaMemory
  readonly lastActive: number | undefined
}

export const noMemory: ScalingMemory = { hpa: blank, lastActive: undefined }

export interface ScalingRules extends AutoscalerRules {
  readonly utilization: { readonly cpu?: number; readonly memory?: number }
}

export interface ScalingDecision {
  readonly replicas: number
  readonly memory: ScalingMemory
  /**
   * What the decision was taken on: the lag of each topic, or of all of them together where they
   * are added up, then cpu and memory.
   */
  readonly metrics: readonly (Metric | undefined)[]
}

/** One of KEDA's polls: only it moves a stage from and to no replica at all. */
export function activation(
  rules: ScalingRules,
  memory: ScalingMemory,
  now: number,
  current: number,
  { lagOf }: Measured,
): ScalingDecision {
  const lags = rules.triggers.map(({ topic }) => lagOf(topic))
  if (lags.includes(undefined)) return { replicas: current, memory, metrics: [] } // unknown is no reason to stop anything
  const active = rules.triggers.some(
    ({ activationLagThreshold }, index) => (lags[index]?.lag ?? 0) > activationLagThreshold,
  )
  const lastActive = active ? now : memory.lastActive
  const { minReplicas, cooldownSeconds } = rules
  const replicas =
    rules.triggers.length === 0
      ? Math.max(current, minReplicas)
      : polled({ active, current, minReplicas, cooldownSeconds, lastActive, now })
  return { replicas, memory: { ...memory, lastActive }, metrics: [] }
}

/**
 * One look of the horizontal pod autoscaler. A figure that is missing lets it scale out on the
 * others, and never in.
 */
export function scaling(
  rules: ScalingRules,
  memory: ScalingMemory,
  now: number,
  current: number,
  measurements: Measured,
): ScalingDecision {
  const metrics = [
    ...lagMetrics(rules, measurements),
    ...(['cpu', 'memory'] as const).flatMap((resource) => {
      const percent = rules.utilization[resource]
      return percent === undefined ? [] : [utilizationMetric(measurements[resource], percent, current)]
    }),
  ]
  const knownMetrics = metrics.filter((metric) => metric !== undefined)
  if (knownMetrics.length === 0 && current >= rules.hpa.minReplicas && current <= rules.hpa.maxReplicas)
    return { replicas: current, memory, metrics }
  const next = decision(rules.hpa, memory.hpa, now, current, knownMetrics)
  const blind = knownMetrics.length < metrics.length
  const replicas = blind && next.desired < current ? Math.min(current, rules.hpa.maxReplicas) : next.desired
  return { replicas, memory: { ...memory, hpa: blind && next.desired < current ? memory.hpa : next.memory }, metrics }
}

function lagMetrics({ triggers, sum }: ScalingRules, { lagOf }: Measured): (Metric | undefined)[] {
  const each = triggers.map((trigger) => {
    const topicLag = lagOf(trigger.topic)
    return topicLag && lagMetric(topicLag.lag, topicLag.partitions, trigger)
  })
  if (!sum) return each
  const knownMetrics = each.filter((metric) => metric !== undefined)
  return knownMetrics.length === each.length ? summed(knownMetrics) : [undefined] // a sum of which a part is not known is not known
}

/**
 * The utilization of the measured replicas. The others count as unused where more replicas would
 * result, and as fully used where fewer would: a replica that has just started must not move the
 * autoscaler either way.
 */
function utilizationMetric(use: ResourceUse | undefined, percent: number, current: number): Metric | undefined {
  if (!use || use.replicas === 0 || use.requested <= 0) return undefined
  const perReplica = (use.requested * percent) / 100
  const missing = Math.max(0, current - use.replicas)
  const more = use.total > perReplica * use.replicas
  const total = missing === 0 ? use.total : more ? use.total : use.total + missing * use.requested
  const limited = more || total <= perReplica * current ? total : perReplica * current
  return { total: limited, perReplica }
}
