// What does a dead letter contain? The whole message, as it came, with the reasons in headers that
// `orderpipeline dlq` knows.
import type { IHeaders, KafkaMessage } from 'kafkajs'

export interface Received {
  readonly topic: string
  readonly partition: number
  readonly message: KafkaMessage
}

/**
 * A broker takes a megabyte; with the reasons a message that nearly fills that would no longer fit,
 * and block its partition.
 */
const largestValue = 900_000

export function deadLetter(
  { topic, partition, message }: Received,
  thrown: unknown,
  attempts: number,
  stage: string,
  now: Date,
) {
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const omitted = (message.value?.length ?? 0) > largestValue
  const headers: IHeaders = {
    ...message.headers,
    'dead-letter-reason': 'reason' in error && typeof error.reason === 'string' ? error.reason : error.name,
    'dead-letter-error': error.name,
    'dead-letter-verdict': 'retry' in error && error.retry === false ? 'never' : 'unknown',
    'dead-letter-message': error.message.slice(0, 1_000),
    'dead-letter-stack': (error.stack ?? '').slice(0, 4_000),
    'dead-letter-stage': stage,
    'dead-letter-topic': topic,
    'dead-letter-partition': String(partition),
    'dead-letter-offset': message.offset,
    'dead-letter-timestamp': message.timestamp,
    'dead-letter-attempts': String(attempts),
    'dead-letter-at': now.toISOString(),
    ...(omitted ? { 'dead-letter-omitted-bytes': String(message.value?.length) } : {}),
  }
  return { key: message.key, value: omitted ? null : message.value, headers }
}

/** Replayed from another stage's dead letters: it is for that stage alone. */
export function forAnotherStage({ message }: Received, stage: string): boolean {
  const replayStage = message.headers?.['orderpipeline-replay-stage']?.toString()
  return replayStage !== undefined && replayStage !== stage
}
