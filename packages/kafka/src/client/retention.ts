// For how long does Kafka keep messages? A stage remembers for longer which of them it has handled.
import kafkajs from 'kafkajs'
import type { Logger } from '@orderpipeline/process'
import { createClient } from './client.ts'
import type { KafkaAddress } from './client.ts'

/** Kafka refuses to answer: the user has no right to read the configuration. */
export class RetentionRefusedError extends Error {
  override readonly name = 'RetentionRefusedError'
  readonly reason = 'RetentionRefused'
  readonly retry = false
}

const refusalTypes = new Set(['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'])

/**
 * The retention of the topic that keeps its messages for the longest time; Infinity where one keeps
 * them for ever.
 * @throws RetentionRefusedError where the user may not describe the topics' configuration
 */
export async function longestRetentionHours(
  address: KafkaAddress,
  topics: readonly string[],
  logger: Logger,
): Promise<number> {
  const admin = createClient(address, logger).admin({ retry: { retries: 3 } })
  try {
    await admin.connect()
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: topics.map((name) => ({
        type: kafkajs.ConfigResourceTypes.TOPIC,
        name,
        configNames: ['retention.ms'],
      })),
    })
    const entries = resources.flatMap(({ configEntries }) => configEntries)
    return Math.max(...entries.map(({ configValue }) => hoursOf(Number(configValue))))
  } catch (error) {
    const type = error instanceof Error && 'type' in error ? String(error.type) : ''
    if (refusalTypes.has(type))
      throw new RetentionRefusedError(`may not describe the configuration of ${topics.join(', ')}`)
    throw error
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

function hoursOf(ms: number): number {
  return ms < 0 ? Infinity : ms / 3_600_000
}
