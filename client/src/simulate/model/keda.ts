// What does KEDA make of consumer lag? The figure its Kafka trigger gives the autoscaler, and the
// step to and from zero replicas, which is KEDA's own (pkg/scalers and pkg/scaling of KEDA 2.21).
import type { Metric } from './hpa.ts'

export interface KafkaTrigger {
  readonly topic: string
  readonly lagThreshold: number
  /**
   * Lag above it makes the trigger active; 0 unless given. Without a meaning while there is a
   * replica at least.
   */
  readonly activationLagThreshold: number
  /** Lets the figure exceed partitions × threshold: consumers without a partition. */
  readonly allowIdleConsumers: boolean
}

/** More replicas than partitions would idle, so lag beyond partitions × threshold is cut off. */
export function lagMetric(lag: number, partitions: number, trigger: KafkaTrigger): Metric {
  const { lagThreshold, allowIdleConsumers } = trigger
  const clipped = !allowIdleConsumers && Math.floor(lag / lagThreshold) > partitions
  return { total: clipped ? partitions * lagThreshold : lag, perReplica: lagThreshold }
}

/** The one figure of a formula that adds up the lags, each of them clipped for itself. */
export function summed(metrics: readonly Metric[]): Metric[] {
  const [first] = metrics
  return first ? [{ total: metrics.reduce((sum, { total }) => sum + total, 0), perReplica: first.perReplica }] : []
}

export interface Activity {
  readonly active: boolean
  readonly current: number
  readonly minReplicas: number
  readonly cooldownSeconds: number
  /** When a trigger was last seen active; undefined when never. */
  readonly lastActive: number | undefined
  readonly now: number
}

/**
 * Replicas after one of KEDA's polls: one when work turns up, none when there has been none for the
 * cooldown.
 */
export function polled({ active, current, minReplicas, cooldownSeconds, lastActive, now }: Activity): number {
  if (current === 0) return active ? Math.max(1, minReplicas) : minReplicas
  if (active || minReplicas > 0) return Math.max(current, minReplicas)
  const cold = lastActive === undefined || lastActive + cooldownSeconds * 1_000 < now
  return cold ? 0 : current
}
