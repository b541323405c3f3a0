// Why is a KafkaTopic not ready? In the words of the Topic Operator, or, where it says nothing, the
// reason that it does not answer.
import type { ConditionsStatus, KafkaTopic } from '../../api/index.ts'
import { plainly } from '../rollout/pod-trouble.ts'

export interface NamedTopic {
  readonly name: string
  readonly topic: KafkaTopic | undefined
}

/** Empty when all are ready. `cluster`: the Strimzi cluster of the Topic Operator. */
export function topicsNotReady(topics: readonly NamedTopic[], cluster: string): string[] {
  const unanswered = topics.filter(({ topic }) => topic !== undefined && conditionsOf(topic).length === 0)
  const others = topics.filter((one) => !unanswered.includes(one))
  const [first] = unanswered
  return [
    ...(first === undefined
      ? []
      : [
          `no Topic Operator has answered yet for ${unanswered.length === 1 ? first.name : `${unanswered.length} topics`} of Kafka cluster ${cluster}: check that this namespace has a Kafka ${cluster} with an entityOperator`,
        ]),
    ...others.flatMap(({ name, topic }) => whyNotReady(name, topic)),
  ]
}

function whyNotReady(name: string, topic: KafkaTopic | undefined): string[] {
  if (!topic) return [`${name} does not exist yet`]
  const conditions = conditionsOf(topic)
  const holds = (type: string): boolean => conditions.some((one) => one.type === type && one.status === 'True')
  if (holds('ReconciliationPaused'))
    return [`${name} is paused: remove the annotation strimzi.io/pause-reconciliation from its KafkaTopic`]
  if (holds('Unmanaged'))
    return [`${name} is not managed: remove the annotation strimzi.io/managed from its KafkaTopic`]
  const { observedGeneration } = topic.status as ConditionsStatus
  if (observedGeneration !== undefined && observedGeneration < (topic.metadata.generation ?? 0))
    return [`${name} has a change that its controller has not yet observed`]
  if (holds('Ready')) return []
  const ready = conditions.find(({ type }) => type === 'Ready')
  return [`${name}: ${plainly([ready?.reason, ready?.message].filter(Boolean).join(', ') || 'not ready')}`]
}

function conditionsOf({ status }: KafkaTopic): NonNullable<ConditionsStatus['conditions']> {
  return (status as ConditionsStatus | undefined)?.conditions ?? []
}
