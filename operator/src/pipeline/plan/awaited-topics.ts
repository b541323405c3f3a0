// Which workloads wait for their topics? A custom stage with a client's default settings would
// create a missing topic by its first request, with one partition and one copy. So no pod is
// created, or configured with a further topic, before Kafka has the topics.
import type { ChildObject, ConditionsStatus, KafkaTopic, OrderPipeline } from '../../api/index.ts'
import { awaitedTopicsOf, topicsOf } from './dependencies.ts'
import type { Blocked, Cause } from './dependencies.ts'
import type { ExternalTopics } from '../kafka/external-topics.ts'
import { isExternal } from '../kafka/kafka-connection.ts'
import { kafkaTopicNamed, livePart } from '../children/live.ts'
import { partsOf } from '../children/parts.ts'

/**
 * Blocks the Deployment of a part, by `awaitedTopicsOf`. A running Deployment is only held for a
 * topic that the Topic Operator has never reported on: a topic that existed, and on which Strimzi
 * does not report at the moment, must not hold up a change.
 */
export function blockedByTopics(
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  topics: ExternalTopics | undefined,
): Blocked {
  return new Map(
    partsOf(pipeline.spec).flatMap(({ name: part }): [string, Cause][] => {
      const { blue, green } = livePart(pipeline, part, children)
      const runs = blue !== undefined || green !== undefined
      const missing = topicsOf(pipeline, part).filter((topic) =>
        isExternal(pipeline)
          ? !runs && topics !== undefined && !mayNotLook(topics) && !topics.partitions.has(topic)
          : !isThere(kafkaTopicNamed(pipeline, topic, children), runs),
      )
      if (missing.length === 0) return []
      const cause = { reason: 'TopicsNotReady', what: `topics that do not exist yet (${missing.join(', ')})` } as const
      return [[awaitedTopicsOf(part), cause]]
    }),
  )
}

/**
 * A user who does not let the operator read the Secret creates the topics: the operator can never
 * see them.
 */
function mayNotLook({ problems }: ExternalTopics): boolean {
  return problems.some(({ reason }) => reason === 'SecretForbidden')
}

function isThere(topic: KafkaTopic | undefined, runs: boolean): boolean {
  if (!topic) return false
  const { topicId, conditions = [] } = (topic.status ?? {}) as ConditionsStatus & { readonly topicId?: string }
  if (topicId !== undefined) return true
  const holds = (type: string): boolean => conditions.some((one) => one.type === type && one.status === 'True')
  // A user who pauses or takes over a topic is responsible for it.
  return holds('Ready') || holds('Unmanaged') || holds('ReconciliationPaused') || (runs && conditions.length > 0)
}
