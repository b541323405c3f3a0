// What is known of the topics of an external Kafka cluster?
import type { ExternalKafkaReason } from '../../api/index.ts'

export interface TopicProblem {
  readonly reason: ExternalKafkaReason | 'TopicsNotReady' | 'NotOwned'
  readonly message: string
}

/** What a status says of topics that no object represents. */
export interface ExternalTopics {
  readonly problems: readonly TopicProblem[]
  /** Partitions of each existing topic, by its name in Kafka. */
  readonly partitions: ReadonlyMap<string, number>
}
