// How far has each consumer group come? Asked of one Kafka cluster for all groups together.
import { readOffsets, type GroupQuery, type KafkaConnection } from '@orderpipeline/kafka-admin'
import type { PartitionOffsets } from '../pipeline/index.ts'
import { letterCounter } from './letter-counter.ts'

export type { GroupQuery }

export interface LagReader {
  /**
   * Partitions of every queried group that could be read, by group; one that could not be is
   * absent.
   */
  read(queries: readonly GroupQuery[]): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>>
  /** Dead letters that wait, by dead-letter topic; one of which that is not known yet is absent. */
  readonly letters?: (topics: readonly string[]) => Promise<ReadonlyMap<string, number>>
  close(): Promise<void>
}

export const kafkaLagReader = (kafka: KafkaConnection): LagReader => {
  const counter = letterCounter(kafka)
  return {
    read: (queries) => readOffsets(kafka, queries),
    letters: (topics) => counter.count(topics),
    close: () => kafka.close(),
  }
}
