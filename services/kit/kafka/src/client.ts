// How is kafkajs set up, so that its log lines become ours and its time-outs are bounded?
import kafkajs from 'kafkajs'
import type { Kafka, LogEntry } from 'kafkajs'
import type { Logger } from '@orderpipeline/kit-telemetry'

export interface KafkaAddress {
  readonly brokers: readonly string[]
  /** Seen in the broker's logs and quotas. */
  readonly clientId: string
}

export function createClient({ brokers, clientId }: KafkaAddress, logger: Logger): Kafka {
  return new kafkajs.Kafka({
    brokers: [...brokers],
    clientId,
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 5 },
    logLevel: kafkajs.logLevel.INFO,
    logCreator:
      () =>
      ({ namespace, level, log }) =>
        forward(logger, namespace, level, log),
  })
}

/** kafkajs calls every lost connection an error, many times over; whoever uses the client logs what it comes to. */
function forward(
  logger: Logger,
  namespace: string,
  level: kafkajs.logLevel,
  { message, ...fields }: LogEntry['log'],
): void {
  const { error, groupId, stack: _stack, timestamp: _timestamp, logger: _logger, ...rest } = fields
  const found = { kafka: namespace, groupId: groupId as unknown, error: error as unknown }
  if (level <= kafkajs.logLevel.WARN) logger.warn(found, message)
  else logger.debug({ ...found, ...rest }, message)
}
