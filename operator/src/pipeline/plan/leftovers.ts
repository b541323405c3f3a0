// Which objects of ours can stay in Terminating for ever? Those that KEDA or a Topic Operator holds
// by its finalizer, once it has been uninstalled.
import type { KubeObject } from '../../api/index.ts'

/** Whose finalizer it is, and which program alone removes it. */
export interface HeldObject {
  readonly finalizer: string
  readonly by: 'KEDA' | 'TopicOperator'
}

const holders: Readonly<Record<string, HeldObject>> = {
  ScaledObject: { finalizer: 'finalizer.keda.sh', by: 'KEDA' },
  TriggerAuthentication: { finalizer: 'finalizer.keda.sh', by: 'KEDA' },
  KafkaTopic: { finalizer: 'strimzi.io/topic-operator', by: 'TopicOperator' },
}

/** Undefined unless it is being deleted, and one of these programs has yet to let it go. */
export function heldInDeletion({ kind, metadata }: KubeObject): HeldObject | undefined {
  const holder = holders[kind]
  if (!holder || metadata.deletionTimestamp === undefined) return undefined
  return metadata.finalizers?.includes(holder.finalizer) ? holder : undefined
}

/** The Kafka cluster whose Topic Operator looks after the topic. */
export function kafkaClusterOf({ metadata }: KubeObject): string | undefined {
  return metadata.labels?.['strimzi.io/cluster']
}
