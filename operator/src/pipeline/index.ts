// The pure decisions of the operator, for packages that show beforehand what it would do.
export { fingerprintOf } from './children/fingerprint.ts'
export { livePart } from './children/live.ts'
export {
  colors,
  consumerGroup,
  deadLetterTopic,
  deploymentName,
  fieldManager,
  finalizer,
  fingerprintAnnotation,
  gatewayName,
  identity,
  keyOf,
  labelKeys,
  managedBy,
  namespaceOf,
  pipelineKeyOf,
  ports,
  retryAnnotation,
  topicName,
  topicPrefix,
  versionAnnotations,
  workloadName,
} from './children/names.ts'
export { isOrphaning, mayBeDeleted, mustBeReleased, needsFinalizer, otherOwner } from './children/ownership.ts'
export type { LivePart } from './children/part-versions.ts'
export { figuresOf, partsOf } from './children/parts.ts'
export {
  notOurs,
  recordAfter,
  recorded,
  topicChanges,
  topicNames,
  topicsVersion,
  unconfirmed,
} from './kafka/external-topics.ts'
export type { ExternalTopics, LiveTopic, TopicChanges, TopicProblem } from './kafka/external-topics.ts'
export { accessKey, isExternal, kafkaAccess } from './kafka/kafka-connection.ts'
export type { KafkaAccess, SecretKey } from './kafka/kafka-connection.ts'
export { lagFigures, lagSample, lagSource, withSample } from './kafka/lag.ts'
export type { LagSample, LagSource, MeasuredStage, PartitionOffsets } from './kafka/lag.ts'
export { desiredTopicsOf, kafkaTopics, partitionsFor, shrinkProblems } from './kafka/topics.ts'
export { InvalidTopologyError, topologyOf } from './kafka/topology.ts'
export type { Ratio, Topology } from './kafka/topology.ts'
export {
  budgetWindowSeconds,
  continuedRecord,
  errorBudget,
  newBudgetRecord,
  withMeasurement,
} from './objectives/error-budget.ts'
export type { BudgetRecord, ErrorBudget } from './objectives/error-budget.ts'
export { freshness } from './objectives/freshness.ts'
export type { EndsSample } from './objectives/freshness.ts'
export { budgetLeftQuery, sloAlertNames, sloRuleGroups, usualRunbooks } from './objectives/slo-rules.ts'
export { errorBudgetShare, freshnessName, objectivesOf, sloStatus } from './objectives/slo.ts'
export type { Objective } from './objectives/slo.ts'
export { needsPodReport, podReport } from './rollout/new-version.ts'
export type { PartPods, PodReport, ReplicaSet } from './rollout/new-version.ts'
export type { Pod } from './rollout/pod-trouble.ts'
export { newestDeployment } from './rollout/rollout-status.ts'
export { moveOf, servicesStatus } from './rollout/services-image.ts'
export type { Move, Updates } from './rollout/services-image.ts'
export { stageScaledObject } from './desired/autoscalers.ts'
export { desired, startReplicas } from './desired/desired.ts'
export type { DesiredSettings } from './desired/desired.ts'
export { defaults } from './desired/environment.ts'
export { secretKeyName, secretReferences } from './desired/secret-versions.ts'
export type { SecretDigests } from './desired/secret-versions.ts'
export { drainDeadlineSeconds, pausedAnnotation, suspensionOf } from './desired/suspension.ts'
export { firstReplicas, stagesAtZero, type FirstReplicas } from './scaling/first-replica.ts'
export { answerOf } from './scaling/flow-answer.ts'
export type { FlowAnswer, FlowHistory } from './scaling/flow-answer.ts'
export { lastChange, noChanges, withDecision } from './scaling/flow-changes.ts'
export type { FlowChange, FlowChanges } from './scaling/flow-changes.ts'
export { flowControl, flowRules } from './scaling/flow-control.ts'
export type { FlowControl, FlowRules, FlowSample } from './scaling/flow-control.ts'
export { flowDecision, unmeasuredDecision } from './scaling/flow-decision.ts'
export type { FlowDecision, FlowReason } from './scaling/flow-decision.ts'
export { metricFor } from './scaling/flow-demand.ts'
export { reasonForLag } from './scaling/flow-fallback.ts'
export { withPoint } from './scaling/throughput.ts'
export type { Throughput } from './scaling/throughput.ts'
export { usableLag } from './scaling/usable-lag.ts'
export { capacityFigures, figureNames, figuresWith, isFigure } from './capacity/capacity-figures.ts'
export type { FigureName, Figures } from './capacity/capacity-figures.ts'
export { capacityPlan } from './capacity/capacity-plan.ts'
export type { CapacityPlan, PartNeed, PlanLoad, PlatformPart, TopicNeed } from './capacity/capacity-plan.ts'
export { capacityOf, needsFor } from './capacity/capacity.ts'
export type { StageNeed } from './capacity/capacity.ts'
export { blockedByTopics } from './plan/awaited-topics.ts'
export { blockedByKafka, causeOf, dependencies, gate, strayScaledObjects } from './plan/dependencies.ts'
export type { Blocked, Cause, Gate } from './plan/dependencies.ts'
export { drift } from './plan/drift.ts'
export { heldInDeletion, kafkaClusterOf } from './plan/leftovers.ts'
export type { HeldObject } from './plan/leftovers.ts'
export { absenceCause, blockedByAbsence } from './plan/missing-kinds.ts'
export type { Absence } from './plan/missing-kinds.ts'
export { plan, refusal } from './plan/plan.ts'
export type { Action } from './plan/plan.ts'
export { quantity } from './plan/quantity.ts'
export { actsOn, concerns, standbyDecision, standbyRequestOf } from './status/acting-operator.ts'
export type { StandbyDecision, StandbyRequest, StandbyTimes } from './status/acting-operator.ts'
export { kubernetesEvents } from './status/kubernetes-events.ts'
export type { KubernetesEvent } from './status/kubernetes-events.ts'
export { statusChange } from './status/status-change.ts'
export type { StatusChange, StatusLimits } from './status/status-change.ts'
export { statusOf, statusWithFigures } from './status/status.ts'
export type { Failure } from './status/status.ts'
export { validate } from './validate.ts'
