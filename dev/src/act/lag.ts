// How far is every consumer group? Read from Kafka by the operator's own poller, for the status,
// and kept partition by partition for the autoscalers, which ask for the lag of one topic.
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { kafkaLagReader, lagPoller, sloLog } from '@orderpipeline/operator/embedding'
import type { LagPoller, LagReader, SloLog } from '@orderpipeline/operator/embedding'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import type { PartitionOffsets } from '@orderpipeline/operator/pipeline'

export interface Lag {
  readonly poller: LagPoller
  readonly slo: SloLog
  readonly of: (group: string, topic: string) => { readonly lag: number; readonly partitions: number } | undefined
}

/** Between two reads of the offsets; a longer time counts as not measured. */
const longestGapMs = 60_000

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
  const slo = sloLog({ now: () => Date.now(), wall: () => Date.now() }, longestGapMs)
  const poller = lagPoller<OrderPipeline>(
    {
      ...{ pipelines, updated, now: () => Date.now(), random: Math.random },
      readerFor: () => remembering,
      seen: (pipeline, offsets) => {
        if (slo.note(pipeline, offsets)) updated()
      },
      failed: () => {
        offsetsByGroup = new Map()
      },
    },
    { intervalMs, deadLettersMs: 5 * intervalMs, serviceDomain: 'svc' },
  )
  return {
    poller,
    slo,
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
