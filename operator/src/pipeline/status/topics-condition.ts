// Are the topics of the pipeline ready?
import type { ConditionResult } from '../../api/index.ts'
import { holds, fails, absentKind, list } from './condition-results.ts'
import { isExternal } from '../kafka/kafka-connection.ts'
import { kafkaTopicNamed } from '../children/live.ts'
import { topicName } from '../children/names.ts'
import type { PipelineObservation } from './pipeline-observation.ts'
import { topicsNotReady } from './topic-readiness.ts'

export function topicsReady(observation: PipelineObservation): ConditionResult {
  const { pipeline, children } = observation
  const { name } = pipeline.metadata
  if (isExternal(pipeline)) return externalTopicsReady(observation)
  const missing = absentKind(observation, 'KafkaTopic')
  if (missing) return missing
  const topicNames = [
    ...pipeline.spec.topics.map((topic) => topicName(name, topic.name)),
    ...pipeline.spec.stages.map((stage) => topicName(name, `${stage.name}.dead-letters`)),
  ]
  const { kafka } = pipeline.spec
  const topics = topicNames.map((topic) => ({ name: topic, topic: kafkaTopicNamed(pipeline, topic, children) }))
  const waiting = topicsNotReady(topics, 'strimziCluster' in kafka ? kafka.strimziCluster : '')
  return waiting.length === 0
    ? holds('AllReady', `${topicNames.length} topics are ready`)
    : fails('TopicsNotReady', list(waiting))
}

/**
 * No other controller makes these topics ready: what the operator itself found and did in Kafka is
 * the answer.
 */
function externalTopicsReady({ topics }: PipelineObservation): ConditionResult {
  if (!topics) return fails('TopicsNotReady', 'the topics were not read yet')
  const [first] = topics.problems
  if (first) return fails(first.reason, list(topics.problems.map(({ message }) => message)))
  return holds('AllReady', `${topics.partitions.size} topics are as the spec says`)
}
