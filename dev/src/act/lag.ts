// How far is every consumer group? Read from Kafka by the operator's own poller, for the status,
// and kept partition by partition for the autoscalers, which ask for the lag of one topic.
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { kafkaLagReader, lagPoller } from '@orderpipeline/operator/embedding'
import type { LagPoller, LagReader } from '@orderpipeline/operator/embedding'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { PartitionOffsets } from '@orderpipeline/operator/pipeline'

export interface Lag {
  readonly poller: LagPoller
  readonly of: (group: string, topic: string) => { readonly lag: number; readonly partitions: number } | undefined
}

export function lagOf(
  kafka: KafkaConnection,
  pipelines: () => readonly OrderPipeline[],
  updated: () => void,
  intervalMs: number,
): Lag {
  let offsetsByGroup: ReadonlyMap<string, readonly PartitionOffsets[]> = new Map()
  const reader: LagReader = kafkaLagReader(kafka)
  const remembering: LagReader = {
    read: async (queries) => (offsetsByGroup = await reader.read(queries)),
    ...(reader.openDeadLetters ? { openDeadLetters: reader.openDeadLetters } : {}),
    close: () => Promise.resolve(), // the connection is the runtime's
  }
  const poller = lagPoller(
    {
      ...{ pipelines, updated, now: () => Date.now(), random: Math.random },
      readerFor: () => remembering,
      failed: () => {
        offsetsByGroup = new Map()
      },
    },
    { intervalMs, deadLettersMs: 5 * intervalMs, serviceDomain: 'svc' },
  )
  return {
    poller,
    of: (group, topic) => {
      const partitions = offsetsByGroup.get(group)?.filter((partition) => partition.topic === topic) ?? []
      if (partitions.length === 0) return undefined
      const lag = partitions.reduce(
        (sum, { low, high, committed }) => sum + Math.max(0, high - Math.max(low, committed ?? low)),
        0,
      )
      return { lag, partitions: partitions.length }
    },
  }
}
