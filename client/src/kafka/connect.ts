// How does a command speak to Kafka itself, and what does it say when that fails?
import { kafkaAddress, PublishError } from '@orderpipeline/kafka'
import type { KafkaConfig } from '@orderpipeline/kafka'
import { kafkaConnection, KafkaUnavailableError, TopicTooLargeError } from '@orderpipeline/kafka-admin'
import type { KafkaConnection } from '@orderpipeline/kafka-admin'
import { CommandError } from '../failure.ts'
import { unreachableAdvice } from './connection.ts'

export const clientId = 'orderpipeline-cli'
const answerTimeoutMs = 10_000

/** Nothing is connected before it is used. */
export function connectionTo(config: KafkaConfig): KafkaConnection {
  const { tls, sasl } = kafkaAddress(config, clientId).security ?? {}
  const mechanism = config.KAFKA_SASL_MECHANISM
  const security = { ...(tls ? { tls } : {}), ...(sasl && mechanism ? { sasl: { ...sasl, mechanism } } : {}) }
  return kafkaConnection({
    bootstrapServers: config.KAFKA_BOOTSTRAP_SERVERS.join(','),
    clientId,
    timeoutMs: answerTimeoutMs,
    security: () => Promise.resolve(security),
  })
}

/** @throws CommandError with what to do about it */
export async function withAdvice<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    if (cause instanceof KafkaUnavailableError) throw new CommandError(`Kafka: ${cause.message}`, adviceOn(cause))
    if (cause instanceof PublishError)
      throw new CommandError(`Kafka refused the messages: ${cause.message}`, {
        advice:
          'Check that the topic exists and that this user may write to it. Dead letters that were not written are still open.',
        cause,
      })
    if (cause instanceof TopicTooLargeError)
      throw new CommandError(cause.message, { advice: 'Select fewer with --since, or one stage.', cause })
    throw cause
  }
}

function adviceOn({ reason }: KafkaUnavailableError) {
  return reason === 'Unreachable' ? { advice: unreachableAdvice } : {}
}
