// What is a status made from? Everything that one reconcile has observed of a pipeline.
import type { ChildObject, OrderPipeline, Problem, ServicesStatus } from '../../api/index.ts'
import type { Blocked, Cause } from '../plan/blocked.ts'
import type { ErrorBudget } from '../objectives/error-budget.ts'
import type { ExternalTopics } from '../children/external-topics-state.ts'
import type { MeasuredStage } from '../kafka/lag.ts'
import type { PodReport } from '../rollout/new-version.ts'
import type { Throughput } from '../scaling/throughput.ts'

/** The failure of an action. */
export interface Failure {
  readonly reason: 'ApplyFailed' | 'NotOwned'
  /** Such as `Deployment shop-payment: …`. */
  readonly message: string
}
/** An object that was neither created nor changed, because of an object that it needs. */
export interface DeferredObject {
  /** Such as `Deployment shop-payment`. */
  readonly object: string
  readonly cause: Cause
}

export interface PipelineObservation {
  readonly pipeline: OrderPipeline
  readonly children: readonly ChildObject[]
  readonly problems: readonly Problem[]
  readonly failures: readonly Failure[]
  /** Absent means none. */
  readonly deferred?: readonly DeferredObject[]
  readonly blocked?: Blocked
  /** By stage; a stage whose lag is unknown has none. */
  readonly lag: ReadonlyMap<string, MeasuredStage>
  /** By stage: what was measured of it under load since the operator started. */
  readonly throughput: ReadonlyMap<string, Throughput>
  /** By stage: the error budgets of spec.slo, as far as this process has measured them. */
  readonly budgets?: ReadonlyMap<string, ErrorBudget>
  /** By part: the report of its pods, where a version is on trial or replicas are missing. */
  readonly pods?: ReadonlyMap<string, PodReport>
  /** The topics of an external Kafka cluster; absent while unknown. */
  readonly topics?: ExternalTopics | undefined
  readonly services?: ServicesStatus | undefined
  /** What another controller changes back each time, for a person to read. */
  readonly contested?: readonly string[]
}
