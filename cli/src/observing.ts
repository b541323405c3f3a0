// What does the console share with the commands that look at a running pipeline? How they reach it,
// what they read, and what they say of it.
export { CommandFailed, type Environment } from './environment.ts'
export { openLetterBox, type DeadLetterTopic } from './dead-letters/dead-letter-topic.ts'
export { orderOf } from './dead-letters/selection.ts'
export { flowOf } from './explain/flow.ts'
export type { PartObserved } from './explain/observed.ts'
export { explanation, type Explanation, type Reason } from './explain/explanation.ts'
export { listedPods, listedScaling, partsAmong, type LabelledPod, type Listed } from './explain/observe.ts'
export { kafkaConfigOf } from './kafka/connection.ts'
export { connect, KubeUnreachable, type Kube } from './kube/connection.ts'
export { namespacePath, pipelinesOf } from './kube/pipelines.ts'
