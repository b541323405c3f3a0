// Which environment variables does a container get? Those of the stage contract in
// docs/concepts/architecture.md.
import { specDefaults } from '../../api/index.ts'
import type { EnvVar, Gateway, OrderPipeline, Placement, Stage, TopicRef, V1EnvVar } from '../../api/index.ts'
import { poolSizes } from './budget.ts'
import type { Pools } from './budget.ts'
import { kafkaEnvironment } from '../kafka/kafka-connection.ts'
import { hasUsualGrace, leavingSeconds } from './pod-template.ts'
import {
  consumerGroup,
  deadLetterTopic,
  gatewayName,
  namespaceOf,
  ports,
  topicName,
  topicPrefix,
} from '../children/names.ts'

export const defaults = {
  concurrency: specDefaults.stages.concurrency,
  retryAttempts: specDefaults.stages.retry.attempts,
  retryBackoffSeconds: specDefaults.stages.retry.backoffSeconds,
} as const
export const defaultGatewayEmits: readonly TopicRef[] = specDefaults.gateway.emits

/** `graceSeconds`: from SIGTERM to SIGKILL. */
export function stageEnvironment(
  pipeline: OrderPipeline,
  stage: Stage,
  graceSeconds: number,
  { stage: poolSize }: Pools = poolSizes(pipeline.spec),
): V1EnvVar[] {
  return [
    ...identity(pipeline, stage.name),
    { name: 'KAFKA_GROUP_ID', value: consumerGroup(pipeline, stage) },
    { name: 'KAFKA_CONSUME_TOPICS', value: topicNames(pipeline, stage.consumes) },
    ...emitted(pipeline, stage.emits ?? []),
    { name: 'KAFKA_DEAD_LETTER_TOPIC', value: deadLetterTopic(pipeline.metadata.name, stage.name) },
    { name: 'STAGE_CONCURRENCY', value: String(stage.concurrency ?? defaults.concurrency) },
    ...priorityWeights(stage),
    { name: 'STAGE_RETRY_ATTEMPTS', value: String(stage.retry?.attempts ?? defaults.retryAttempts) },
    { name: 'STAGE_RETRY_BACKOFF_SECONDS', value: String(stage.retry?.backoffSeconds ?? defaults.retryBackoffSeconds) },
    ...drainGrace(stage, graceSeconds),
    ...database(pipeline, stage, poolSize),
    ...own(stage.env),
  ]
}

export function gatewayEnvironment(
  pipeline: OrderPipeline,
  gateway: Gateway,
  { gateway: poolSize }: Pools = poolSizes(pipeline.spec),
): V1EnvVar[] {
  return [
    ...identity(pipeline, gatewayName),
    ...emitted(pipeline, gateway.emits ?? defaultGatewayEmits),
    { name: 'HTTP_PORT', value: String(ports.http) },
    ...database(pipeline, gateway, poolSize),
    ...own(gateway.env),
  ]
}

function identity(pipeline: OrderPipeline, stage: string): V1EnvVar[] {
  return [
    { name: 'ORDERPIPELINE_NAMESPACE', value: namespaceOf(pipeline) },
    { name: 'ORDERPIPELINE_PIPELINE', value: pipeline.metadata.name },
    { name: 'ORDERPIPELINE_STAGE', value: stage },
    { name: 'METRICS_PORT', value: String(ports.metrics) },
    ...kafkaEnvironment(pipeline),
    { name: 'KAFKA_TOPIC_PREFIX', value: topicPrefix(pipeline.metadata.name) },
  ]
}

/** The weights of the classes, the highest class first. */
function priorityWeights({ priority }: Stage): V1EnvVar[] {
  if (!priority) return []
  const weights = { ...specDefaults.stages.priority, ...priority }
  return [{ name: 'STAGE_PRIORITY_WEIGHTS', value: `${weights.high}:${weights.standard}:${weights.low}` }]
}

function emitted(pipeline: OrderPipeline, topics: readonly TopicRef[]): V1EnvVar[] {
  const keyedByOrder = topics.filter(({ topic }) =>
    pipeline.spec.topics.some(({ name, key }) => name === topic && key === 'order'),
  )
  return [
    { name: 'KAFKA_EMIT_TOPICS', value: topicNames(pipeline, topics) },
    ...(keyedByOrder.length === 0
      ? []
      : [{ name: 'KAFKA_ORDER_KEYED_TOPICS', value: topicNames(pipeline, keyedByOrder) }]),
  ]
}

function topicNames(pipeline: OrderPipeline, topics: readonly TopicRef[]): string {
  return topics.map(({ topic }) => topicName(pipeline.metadata.name, topic)).join(',')
}

/**
 * How long a built-in stage may take for the messages in flight; its default fits the default grace
 * period.
 */
function drainGrace({ env = [] }: Placement, graceSeconds: number): V1EnvVar[] {
  return hasUsualGrace(graceSeconds) || env.some(({ name }) => name === 'DRAIN_GRACE_SECONDS')
    ? []
    : [{ name: 'DRAIN_GRACE_SECONDS', value: String(Math.max(5, graceSeconds - leavingSeconds)) }]
}

/**
 * A container's own DATABASE_URL or DATABASE_POOL_SIZE replaces the pipeline's: the API server
 * refuses a name that appears twice.
 */
function database(pipeline: OrderPipeline, { env = [] }: Placement, poolSize: number): V1EnvVar[] {
  const source = pipeline.spec.database
  if (!source) return []
  const variables: V1EnvVar[] = [
    { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: source.secretName, key: source.key } } },
    { name: 'DATABASE_POOL_SIZE', value: String(poolSize) },
  ]
  return variables.filter(({ name }) => !env.some((variable) => variable.name === name))
}

function own(env: readonly EnvVar[] = []): V1EnvVar[] {
  return env.map(({ name, value, secretKeyRef }) =>
    secretKeyRef ? { name, valueFrom: { secretKeyRef: { ...secretKeyRef } } } : { name, value: value ?? '' },
  )
}
