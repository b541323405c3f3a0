// Which workloads wait for their topics? A stage of one's own with a client's defaults makes a
// topic that is not there by its first request, with one partition and one copy. So no pod is made,
// or told of a further topic, before Kafka has the topics.
import type { ChildObject, ConditionsStatus, KafkaTopic, OrderPipeline } from '../api/index.ts'
import { awaitedTopicsOf, type Blocked, type Cause, topicsOf } from './dependencies.ts'
import type { ExternalTopics } from './external-topics.ts'
import { isExternal } from './kafka-connection.ts'
import { kafkaTopicNamed, livePart } from './live.ts'
import { partsOf } from './parts.ts'

/**
 * Blocks the Deployment of a part, by `awaitedTopicsOf`. What runs is only held for a topic that
 * the Topic Operator has not answered for yet, since one that was there, and of which Strimzi says
 * nothing at the moment, must not hold up a change.
 */
export const blockedByTopics = (
  pipeline: OrderPipeline,
  children: readonly ChildObject[],
  topics: ExternalTopics | undefined,
): Blocked =>
  new Map(
    partsOf(pipeline.spec).flatMap(({ name: part }): [string, Cause][] => {
      const { blue, green } = livePart(pipeline, part, children)
      const runs = blue !== undefined || green !== undefined
      const missing = topicsOf(pipeline, part).filter((topic) =>
        isExternal(pipeline)
          ? !runs && topics !== undefined && !mayNotLook(topics) && !topics.partitions.has(topic)
          : !isThere(kafkaTopicNamed(pipeline, topic, children), runs),
      )
      if (missing.length === 0) return []
      const cause = { reason: 'TopicsNotReady', what: `topics that are not there yet (${missing.join(', ')})` } as const
      return [[awaitedTopicsOf(part), cause]]
    }),
  )

/**
 * Whoever keeps the operator from reading Secrets looks after the topics: it will never know of
 * any.
 */
const mayNotLook = ({ problems }: ExternalTopics): boolean =>
  problems.some(({ reason }) => reason === 'SecretForbidden')

const isThere = (topic: KafkaTopic | undefined, runs: boolean): boolean => {
  if (!topic) return false
  const { topicId, conditions = [] } = (topic.status ?? {}) as ConditionsStatus & { readonly topicId?: string }
  if (topicId !== undefined) return true
  const holds = (type: string): boolean => conditions.some((one) => one.type === type && one.status === 'True')
  // Whoever pauses or takes over a topic answers for it.
  return holds('Ready') || holds('Unmanaged') || holds('ReconciliationPaused') || (runs && conditions.length > 0)
}
