// What is simulated? Everything a run follows from, and nothing else: the same scenario gives the
// same run.
import type { Trace } from '@orderpipeline/traffic/trace'
import type { CpuUse } from './autoscaler.ts'
import type { AutoscalerRules } from './autoscaler-rules.ts'
import type { Processors } from './processors.ts'
import type { ScalingPolicy, StageScaling } from '@orderpipeline/operator/api'
import type { Topology } from '@orderpipeline/operator/pipeline'

export interface StageScenario {
  readonly name: string
  readonly consumes: readonly { readonly topic: string; readonly partitions: number }[]
  readonly concurrency: number
  /** What a message really takes, which may be more than the spec says. */
  readonly workSeconds: number
  /**
   * Messages a second that all replicas together get done at most, by what they share; absent where
   * that is nothing.
   */
  readonly sharedPerSecond?: number
  /** Where its replicas share too few processors; a test says it. */
  readonly processors?: Processors
  readonly rules: AutoscalerRules
  /** What the spec says a message takes: the first guess of an autoscaler on flow. */
  readonly declaredWorkSeconds: number
  /** What the spec says it is scaled on; absent means Lag. */
  readonly policy?: ScalingPolicy
  /** What the spec says of its backlog. */
  readonly backlog: Pick<StageScaling, 'drainSeconds' | 'lagPerReplica'>
  /** Present where the stage is to be scaled on CPU for comparison. */
  readonly cpu?: CpuUse
}

/** What a cluster is like, as far as it matters to scaling. */
export interface ClusterConditions {
  /** From its turn to joining the consumer group: scheduling, image, process. */
  readonly podStartSeconds: number
  /** Pods that all nodes together start in a second; Infinity where that never binds. */
  readonly startsPerSecond: number
  /** Longest time from joining to being seen ready. */
  readonly readinessSeconds: number
  /** Part of the pods seen ready while others are still being started. 1: all. */
  readonly readyWhileStarting: number
  /** Within which the rest is seen ready once none is being started. */
  readonly readyLateSeconds: number
  /** How long a consumer group pauses when a member joins or leaves. */
  readonly rebalanceSeconds: number
  readonly hpaSyncSeconds: number
  /** 0 spreads messages evenly over partitions. */
  readonly skew: number
}

/**
 * By consumer lag, as the ScaledObject says; by flow (arrivals and backlog, over what a replica
 * handles); by steps of two replicas, as Numaflow does it; by what the spec says of each stage; on
 * CPU where a stage says its use; or always as many as its bounds.
 */
export type Scaling = 'lag' | 'flow' | 'steps' | 'policy' | 'cpu' | 'maximum' | 'minimum'

export interface Scenario {
  readonly stages: readonly StageScenario[]
  readonly topology: Topology
  readonly trace: Trace
  readonly surroundings: ClusterConditions
  readonly scaling: Scaling
  readonly seed: number
  readonly stepMs: number
  /**
   * The run ends once nothing is left to do and every stage is back at its minimum, at the latest
   * so long after the last order.
   */
  readonly tailSeconds: number
  /** Exactly so long instead, so that runs can be compared. */
  readonly seconds?: number
}
