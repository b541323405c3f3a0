// How does a test run stages on a real Kafka and a real database, and look at what comes out?
import { randomBytes } from 'node:crypto'
import { createProducer, createTopics, groupLag, readTopic } from '@orderpipeline/kafka'
import type { ConsumedRecord, OutgoingRecord } from '@orderpipeline/kafka'
import { createRegistry } from '@orderpipeline/telemetry'
import type { Logger } from '@orderpipeline/process'
import type { Registry, Tracing } from '@orderpipeline/telemetry'
import { decode, decodeAny, encode, isProductEvent } from '@orderpipeline/order-events'
import type { OrderEvent, ProductEvent } from '@orderpipeline/order-events'
import type { StageConfig } from '../config.ts'
import { startStage } from '../run.ts'
import type { RunningStage, StageDefinition } from '../run.ts'
import { testLogger } from './test-logger.ts'

export interface BenchOptions {
  readonly kafkaBootstrap: string
  readonly databaseUrl: string
  /** Topics without the prefix, dead letters included. */
  readonly topics: readonly string[]
  readonly partitions?: number
  /** As in the cluster, consumer groups then are `<namespace>.<pipeline>.<stage>`. */
  readonly namespace?: string
  readonly logger?: Logger
}

export interface TestStage extends RunningStage {
  readonly registry: Registry
}

export interface Bench {
  readonly prefix: string
  publish(events: readonly (OrderEvent | ProductEvent)[]): Promise<void>
  publishRaw(records: readonly OutgoingRecord[]): Promise<void>
  /** A replica of the stage; drained when the bench closes, unless the test has drained it. */
  start<Prepared>(
    name: string,
    consumes: readonly string[],
    definition: StageDefinition<Prepared>,
    overrides?: Partial<StageConfig>,
    tracing?: Tracing,
  ): TestStage
  records(topic: string): Promise<ConsumedRecord[]>
  events(topic: string): Promise<OrderEvent[]>
  /** The events of a topic about products. */
  productEvents(topic: string): Promise<ProductEvent[]>
  lag(stage: string, topic: string): Promise<number>
  close(): Promise<void>
}

/** Its topics have a prefix of their own. */
export async function stageBench(options: BenchOptions): Promise<Bench> {
  const prefix = `t${randomBytes(4).toString('hex')}.`
  const groupPrefix = options.namespace === undefined ? prefix : `${options.namespace}.${prefix}`
  const address = { brokers: [options.kafkaBootstrap], clientId: 'test' }
  const logger = options.logger ?? testLogger()
  await createTopics(
    address,
    options.topics.map((topic) => ({ topic: prefix + topic, partitions: options.partitions ?? 4 })),
    logger,
  )
  const producer = createProducer(address, logger)
  const stages = new Set<TestStage>()
  const configOf = (name: string, consumes: readonly string[]): StageConfig => ({
    ORDERPIPELINE_NAMESPACE: 'test',
    ORDERPIPELINE_PIPELINE: prefix.slice(0, -1),
    ORDERPIPELINE_STAGE: name,
    KAFKA_BOOTSTRAP_SERVERS: [options.kafkaBootstrap],
    KAFKA_SECURITY_PROTOCOL: 'PLAINTEXT',
    KAFKA_GROUP_ID: groupPrefix + name,
    KAFKA_REBALANCE_TIMEOUT_SECONDS: 15,
    KAFKA_TOPIC_PREFIX: prefix,
    KAFKA_ORDER_KEYED_TOPICS: [],
    KAFKA_CONSUME_TOPICS: consumes.map((topic) => prefix + topic),
    KAFKA_EMIT_TOPICS: [],
    KAFKA_DEAD_LETTER_TOPIC: `${prefix}${name}.dead-letters`,
    STAGE_CONCURRENCY: 10,
    STAGE_RETRY_ATTEMPTS: 3,
    STAGE_RETRY_BACKOFF_SECONDS: 0.05,
    DRAIN_GRACE_SECONDS: 25,
    DATABASE_URL: options.databaseUrl,
    DATABASE_POOLER: 'none',
    DATABASE_POOL_SIZE: 2,
    OTEL_TRACES_SAMPLER_ARG: 1,
    METRICS_PORT: 0,
    LISTEN_ADDRESS: '127.0.0.1',
    LOG_LEVEL: 'silent',
  })
  const publishRaw = (records: readonly OutgoingRecord[]) =>
    producer.send(records.map((record) => ({ ...record, topic: prefix + record.topic })))
  const records = (topic: string) => readTopic(address, prefix + topic, logger)

  return {
    prefix,
    publish: (events) => publishRaw(events.map((event) => encode(event))),
    publishRaw,
    start: (name, consumes, definition, overrides, tracing) => {
      const registry = createRegistry()
      const config = { ...configOf(name, consumes), ...overrides }
      const running = startStage(definition, config, { registry, logger, now: () => new Date(), tracing })
      const stage: TestStage = {
        registry,
        ready: running.ready,
        healthy: running.healthy,
        drain: async () => {
          if (stages.delete(stage)) await running.drain()
        },
      }
      stages.add(stage)
      return stage
    },
    records,
    events: async (topic) => (await records(topic)).map(({ value, headers }) => decode(value, headers)),
    productEvents: async (topic) =>
      (await records(topic)).map(({ value, headers }) => decodeAny(value, headers)).filter(isProductEvent),
    lag: (stage, topic) => groupLag(address, groupPrefix + stage, prefix + topic, logger),
    close: async () => {
      await Promise.all([...stages].map((stage) => stage.drain()))
      await producer.close()
    },
  }
}
