// What does the client library need to know of a member of a consumer group, and of the offsets
// that it commits?
import type { Consumer } from 'kafkajs'
import type { Logger } from '@orderpipeline/process'
import { createClient, patience } from '../client/client.ts'
import type { KafkaAddress } from '../client/client.ts'
import { localWork, processorWaitPercent, withAhead } from './ahead-of-offset.ts'
import type { OffsetToCommit } from './offset-tracker.ts'

export interface GroupConsumerOptions {
  readonly address: KafkaAddress
  readonly groupId: string
  /** By default `usualRebalanceSeconds`. */
  readonly rebalanceSeconds?: number | undefined
  readonly logger: Logger
}

const sessionTimeoutMs = 30_000
/**
 * How long a rebalance waits for members, for one that has died too. While a stage scales from 5 to
 * 100 pods a member is nearly always about to join, so the whole group stands still for this long
 * at a time; a member that is late only joins again. Messages in flight do not hold a member back:
 * its batches only take messages in.
 */
export const usualRebalanceSeconds = 15

export function createGroupConsumer({
  address,
  groupId,
  rebalanceSeconds = usualRebalanceSeconds,
  logger,
}: GroupConsumerOptions): Consumer {
  return createClient(address, logger).consumer({
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: rebalanceSeconds * 1_000,
    heartbeatInterval: 3_000,
    maxWaitTimeInMs: 500,
    minBytes: 1,
    maxBytesPerPartition: 256 * 1024,
    maxBytes: 4 * 1024 * 1024,
    allowAutoTopicCreation: false,
    retry: { ...patience, restartOnFailure: () => Promise.resolve(false) },
  })
}

const nothing = new Map<string, number>()

/** A smaller share of waiting is usual, and is not noted. */
const leastNotedPercent = 5

/**
 * As the client library commits them; `metadata`: what all of them have; `processorWait`: the share
 * of its time in which this replica waited for a processor, 0 to 1; `local`: its stage calls no
 * other system.
 */
export function offsetsByTopic(
  offsets: readonly OffsetToCommit[],
  metadata: string | undefined,
  { processorWait, local }: { readonly processorWait: number; readonly local: boolean },
) {
  const percent = Math.round(processorWait * 100)
  const notes = new Map([[processorWaitPercent, percent], ...(local ? [[localWork, 1] as const] : [])])
  const noted = percent < leastNotedPercent ? metadata : withAhead(metadata, notes)
  const topics = new Map<string, { partition: number; offset: string; metadata?: string }[]>()
  for (const { topic, partition, offset, ahead = nothing } of offsets) {
    const text = withAhead(noted, ahead)
    const one = { partition, offset, ...(text === undefined ? {} : { metadata: text }) }
    const of = topics.get(topic)
    if (of) of.push(one)
    else topics.set(topic, [one])
  }
  return [...topics].map(([topic, partitions]) => ({ topic, partitions }))
}
