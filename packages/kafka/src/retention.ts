// For how long does Kafka keep messages, so that a stage remembers for longer which of them it has
// had?
import kafkajs from 'kafkajs'
import type { Logger } from '@orderpipeline/telemetry'
import { createClient } from './client.ts'
import type { KafkaAddress } from './client.ts'

/** The answer is a refusal: whoever asks has no right to know. */
export class RetentionRefused extends Error {
  override readonly name = 'RetentionRefused'
  readonly reason = 'RetentionRefused'
  readonly retry = false
}

const refused = new Set(['TOPIC_AUTHORIZATION_FAILED', 'CLUSTER_AUTHORIZATION_FAILED'])

/**
 * Of the topic that keeps its messages for the longest time; Infinity where one keeps them for
 * ever.
 * @throws RetentionRefused where the user may not describe the topics' configuration
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
    if (refused.has(type)) throw new RetentionRefused(`may not describe the configuration of ${topics.join(', ')}`)
    throw error
  } finally {
    await admin.disconnect().catch(() => undefined)
  }
}

const hoursOf = (ms: number): number => (ms < 0 ? Infinity : ms / 3_600_000)
