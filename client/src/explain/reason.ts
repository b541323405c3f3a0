// Which reasons can there be for the replicas of a part? A code for programs, a sentence for
// people.

export interface ReplicaReason {
  readonly code: ReasonCode
  readonly text: string
  /** Something is wrong, rather than as requested. */
  readonly trouble?: true
}

export type ReasonCode =
  | 'NotApplied'
  | 'Suspended'
  | 'Draining'
  | 'Paused'
  | 'NoScaledObject'
  | 'ScaledObjectNotReady'
  | 'NoAutoscaler'
  | 'MetricUnknown'
  | 'Fallback'
  | 'Lag'
  | 'Flow'
  /** What the operator decided is not known. */
  | 'FlowUnknown'
  /** KEDA gets no answer from the operator, and goes by lag. */
  | 'OnLag'
  | 'Load'
  | 'Schedule'
  | 'Query'
  | 'ScaledToZero'
  | 'ClippedToPartitions'
  | 'WithinTolerance'
  | 'AtMaximum'
  | 'AtMinimum'
  | 'ScaleDownWaits'
  | 'ScaleUpWaits'
  | 'PacedUp'
  | 'PacedDown'
  | 'CannotScale'
  | 'PodsRefused'
  | 'PodsUnschedulable'
  | 'PodsFailing'
  | 'PodsStarting'
  | 'Rollout'
  | 'ScaleOutUseless'
  | 'Bottleneck'
