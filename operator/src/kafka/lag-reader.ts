// How far has each consumer group come? One read of a Kafka cluster covers all its groups.
import { readOffsets } from '@orderpipeline/kafka-admin'
import type { GroupQuery, KafkaConnection } from '@orderpipeline/kafka-admin'
import type { PartitionOffsets } from '../pipeline/index.ts'
import { deadLetterCounter } from './dead-letter-counter.ts'

export type { GroupQuery }

export interface LagReader {
  /**
   * Partitions of every queried group that could be read, by group; one that could not be is
   * absent.
   */
  read(queries: readonly GroupQuery[]): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>>
  /** Open dead letters, by dead-letter topic; a topic that is not counted yet is absent. */
  readonly openDeadLetters?: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>
  close(): Promise<void>
}

export function kafkaLagReader(kafka: KafkaConnection): LagReader {
  const counter = deadLetterCounter(kafka)
  return {
    read: (queries) => readOffsets(kafka, queries),
    openDeadLetters: (topics) => counter.count(topics),
    close: () => kafka.close(),
  }
}
