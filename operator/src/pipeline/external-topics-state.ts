// What is known of the topics of an external Kafka cluster?
import type { ExternalKafkaReason } from '../api/index.ts'

export interface TopicProblem {
  readonly reason: ExternalKafkaReason | 'TopicsNotReady' | 'NotOwned'
  readonly message: string
}

/** What a status says of topics that no object stands for. */
export interface ExternalTopics {
  readonly problems: readonly TopicProblem[]
  /** Of each topic that is there, by its name in Kafka. */
  readonly partitions: ReadonlyMap<string, number>
}
