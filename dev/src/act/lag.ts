// How far is every consumer group? Read from Kafka by the operator's own poller, for the status,
// and kept partition by partition for the autoscalers, which ask for the lag of one topic. In a
// lull the last reading is taken for the present one for a while.
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { kafkaLagReader, lagPoller, sloLog } from '@orderpipeline/operator/embedding'
import type { LagPoller, LagReader, SloLog } from '@orderpipeline/operator/embedding'
import type { OrderPipeline } from '@orderpipeline/operator/api'
import { areEqual, isReadingDue } from '../decide/lag-due.ts'
import type { OffsetsByGroup } from '../decide/lag-due.ts'

export interface Lag {
  readonly poller: LagPoller
  readonly slo: SloLog
  readonly of: (group: string, topic: string) => { readonly lag: number; readonly partitions: number } | undefined
}

/** Between two reads of the offsets; a longer time counts as not measured. */
const longestGapMs = 60_000

export interface LagOptions {
  readonly pipelines: () => readonly OrderPipeline[]
  readonly updated: () => void
  readonly intervalMs: number
  /** What the gateway has received until now: orders may come of it. */
  readonly receivedBytes: () => number
}

interface Reading {
  readonly offsets: OffsetsByGroup
  readonly queries: string
  readonly at: number
  readonly receivedBytes: number
  readonly unchangedReadings: number
}

export function lagOf(kafka: KafkaConnection, options: LagOptions): Lag {
  const { pipelines, updated, intervalMs, receivedBytes } = options
  let last: Reading | undefined
  const reader: LagReader = kafkaLagReader(kafka)
  const read: LagReader['read'] = async (groupQueries) => {
    const [at, received, queries] = [performance.now(), receivedBytes(), JSON.stringify(groupQueries)]
    if (last?.queries === queries) {
      const { unchangedReadings } = last
      const requested = received !== last.receivedBytes
      if (!isReadingDue({ ageMs: at - last.at, unchangedReadings, requested })) return last.offsets
    }
    const offsets = await reader.read(groupQueries)
    const unchangedReadings = last && areEqual(last.offsets, offsets) ? last.unchangedReadings + 1 : 0
    last = { offsets, queries, at, receivedBytes: received, unchangedReadings }
    return offsets
  }
  const remembering: LagReader = {
    read,
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
        last = undefined
      },
    },
    { intervalMs, deadLettersMs: 5 * intervalMs, serviceDomain: 'svc' },
  )
  return {
    poller,
    slo,
    of: (group, topic) => {
      const partitions = last?.offsets.get(group)?.filter((partition) => partition.topic === topic) ?? []
      if (partitions.length === 0) return undefined
      const lag = partitions.reduce(
        (sum, { low, high, committed }) => sum + Math.max(0, high - Math.max(low, committed ?? low)),
        0,
      )
      return { lag, partitions: partitions.length }
    },
  }
}
