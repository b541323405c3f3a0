// What do the command line and the console share? Connections to Kubernetes and Kafka, pipelines
// and their objects, explanations of their state, and actions on them, such as a replay of dead
// letters.
export type { DeadLetter } from '@orderpipeline/kafka'
export type { DeadLetterTopic } from './dead-letters/dead-letter-topic.ts'
export { selectedDeadLetters } from './dead-letters/selected-dead-letters.ts'
export { refuseUnreadable } from './dead-letters/readable.ts'
export { replayAll, replayPlan, type ReplayPlan } from './dead-letters/replay-run.ts'
export { refusal } from './dead-letters/replayable.ts'
export { orderOf, selected, sinceOf, whereOf, type Filters } from './dead-letters/selection.ts'
export { explanation, type Explanation, type ReplicaReason } from './explain/explanation.ts'
export { flowOf } from './explain/flow.ts'
export {
  listedPods,
  listedScaling,
  observeParts,
  partsAmong,
  type LabelledPod,
  type Listed,
} from './explain/observe.ts'
export type { Autoscaler, PartObserved, ObservedPod, Workload } from './explain/observed.ts'
export { devServicesName, devServicesPath, developmentTokens, NoDevIssuerError } from './dev-services.ts'
export { UsageError, CommandError } from './failure.ts'
export { kafkaConfigOf, kafkaConfigFor } from './kafka/connection.ts'
export { accessRefusal, reviewedName, selfName, type Access } from './kube/access.ts'
export { KubeRefusedError, KubeUnreachableError, type ApiServer } from './kube/api-server.ts'
export { connect, kubeconfigFiles, NoKubeconfigError, type ConnectOptions, type KubeClient } from './kube/connection.ts'
export { objectiveReports } from './objectives/objective-reports.ts'
export type { BudgetReport, ObjectiveReport, ObjectiveState } from './objectives/report.ts'
export type { GroupRewind } from './offsets/rewind-plan.ts'
export { pipelineEvents, recordEvent, type ListedEvent } from './kube/events.ts'
export { podCluster, podServer, type PodCluster, type PodFiles } from './kube/pod-cluster.ts'
export { namespacePath, noneAdvice, getPipeline, pipelinePath, pipelinesOf, type List } from './kube/pipelines.ts'
export { consequences, progressOf } from './suspension/progress.ts'
export type { ClientEnvironment } from './environment.ts'
