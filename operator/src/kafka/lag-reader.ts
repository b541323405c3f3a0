// How far has each consumer group come? Asked of one Kafka cluster for all groups together.
import { readOffsets, type GroupQuery, type KafkaConnection } from '@orderpipeline/kit-kafka-admin'
import type { PartitionOffsets } from '../pipeline/index.ts'

export type { GroupQuery }

export interface LagReader {
  /** Partitions of every queried group that could be read, by group; one that could not be is absent. */
  read(queries: readonly GroupQuery[]): Promise<ReadonlyMap<string, readonly PartitionOffsets[]>>
  close(): Promise<void>
}

export const kafkaLagReader = (kafka: KafkaConnection): LagReader => ({
  read: (queries) => readOffsets(kafka, queries),
  close: () => kafka.close(),
})
