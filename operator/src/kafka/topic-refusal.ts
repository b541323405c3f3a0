// What does Kafka's refusal of a topic mean to the author of the pipeline, and what is there to do?
// Pure.
import type { TopicError } from '@orderpipeline/kafka-admin'
import type { TopicProblem } from '../pipeline/index.ts'

export function refusal(topic: string, { code, message, transient }: TopicError): TopicProblem {
  if (code.endsWith('AUTHORIZATION_FAILED'))
    return {
      reason: 'KafkaAuthorizationFailed',
      message: `${topic}: the operator's user has no right to do this (${code}): grant it Create, Delete, Describe, DescribeConfigs, Alter and AlterConfigs on topics of this prefix`,
    }
  const text = `${topic}: ${code}: ${message}`
  if (transient) return { reason: 'TopicsNotReady', message: text }
  const advice = code === 'INVALID_REPLICATION_FACTOR' ? '; lower replicationFactor, or add brokers' : ''
  return { reason: 'TopicRefused', message: `${text}${advice}` }
}
