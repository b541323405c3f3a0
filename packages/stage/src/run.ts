// What is the same in every built-in stage? A pool, a producer, a member of a consumer group, and
// an end in the right order.
import {
  createProducer,
  kafkaAddress,
  longestRetentionHours,
  RetentionRefusedError,
  runStage,
} from '@orderpipeline/kafka'
import type { FetchSpacingBounds, KafkaAddress, Stage } from '@orderpipeline/kafka'
import { createPool } from '@orderpipeline/postgres'
import type { Queryable } from '@orderpipeline/postgres'
import { databaseSettings } from '@orderpipeline/config'
import { observePools, observeQueries } from '@orderpipeline/telemetry'
import type { Logger } from '@orderpipeline/process'
import type { Registry, Tracing } from '@orderpipeline/telemetry'
import { decodeAny, encode, isProductEvent } from '@orderpipeline/order-events'
import type { EventType, OrderEvent, ProductEvent } from '@orderpipeline/order-events'
import { mayJoin } from './joining.ts'
import { lanesOf } from './lanes.ts'
import { startPeriodicTasks } from './periodic-tasks.ts'
import type { PeriodicTask } from './periodic-tasks.ts'
import { createPartitionOwnershipStore } from './partition-ownership-store.ts'
import { inboxRetentionHours, pruning } from './prune.ts'
import { retentionTask } from './retention.ts'
import type { Retention } from './retention.ts'
import type { StageConfig } from './config.ts'
import { createStore } from './store.ts'
import { tracer } from './trace.ts'
import type { Apply, ProductHandling, Reaction, StageItem } from './store.ts'

export interface StageDefinition<Prepared> {
  /** The stage's role and schema in the database. */
  readonly role: string
  /** Other events on the topics that it consumes do not concern it. */
  readonly handles: readonly EventType[]
  /**
   * Calls to other systems, made before the transaction; they must be repeatable. `database` is for
   * a look beforehand.
   */
  readonly prepare?: (event: OrderEvent, signal: AbortSignal, database: Queryable) => Promise<Prepared>
  /** All changes of the messages in the database, and the events that follow from them. */
  readonly apply: Apply<Prepared>
  /** Events about products that it consumes, if any. */
  readonly products?: ProductHandling
  /** Those whose calls need not wait for calls for earlier messages of their key. */
  readonly overtakes?: (event: OrderEvent) => boolean
  /**
   * While it returns true, no further messages are taken in: what they need is known to be away.
   */
  readonly hold?: () => boolean
  /** For a stage whose results are not urgent: longer times from one fetch to the next. */
  readonly spacing?: FetchSpacingBounds
  /** Its periodic tasks. */
  readonly periodicTasks?: readonly PeriodicTask[]
  /** Tables whose rows are deleted some time after their orders were placed. */
  readonly retention?: readonly Retention[]
  /** Called with the events of new messages, once they are committed: for the stage's figures. */
  readonly onCommitted?: (reactions: readonly Reaction[]) => void
}

export interface StageDependencies {
  readonly registry: Registry
  readonly logger: Logger
  readonly now: () => Date
  /** Closed with the stage. */
  readonly tracing?: Tracing | undefined
  /** Called with the variable that is wrong, where only the database shows it. */
  readonly onMisconfigured?: ((problem: string) => void) | undefined
}

export interface RunningStage extends Pick<Stage, 'ready' | 'healthy'> {
  /** Work in flight, offsets, membership, producer, pool, in this order. */
  drain(): Promise<void>
}

const pruneEveryMs = 60 * 60_000

export function startStage<Prepared>(
  definition: StageDefinition<Prepared>,
  config: StageConfig,
  { registry, logger, now, tracing, onMisconfigured }: StageDependencies,
): RunningStage {
  const pool = openPool(definition.role, config, { registry, logger, onMisconfigured })
  const address = kafkaAddress(config, config.KAFKA_GROUP_ID)
  const producer = createProducer(address, logger)
  const topics = { prefix: config.KAFKA_TOPIC_PREFIX, keyedByOrder: config.KAFKA_ORDER_KEYED_TOPICS }
  const store = createStore(pool, topics, definition.apply, definition.onCommitted, definition.products?.apply)
  const handledTypes = new Set<string>([...definition.handles, ...(definition.products?.handles ?? [])])
  const { prepare, overtakes } = definition

  const joining = {
    ...{ database: pool, address, groupId: config.KAFKA_GROUP_ID, topics: config.KAFKA_CONSUME_TOPICS },
    takeOver: config.KAFKA_TAKE_OVER_GROUP ?? false,
  }
  const stage = runStage<OrderEvent | ProductEvent, StageItem<Prepared>>({
    name: config.ORDERPIPELINE_STAGE,
    address,
    ...{ groupId: config.KAFKA_GROUP_ID, rebalanceSeconds: config.KAFKA_REBALANCE_TIMEOUT_SECONDS },
    topics: config.KAFKA_CONSUME_TOPICS,
    deadLetterTopic: config.KAFKA_DEAD_LETTER_TOPIC,
    concurrency: config.STAGE_CONCURRENCY,
    retry: { attempts: config.STAGE_RETRY_ATTEMPTS, backoffSeconds: config.STAGE_RETRY_BACKOFF_SECONDS },
    decode: ({ value, headers }) => handled(decodeAny(value, headers), handledTypes),
    describe: logFieldsOf,
    prepare:
      prepare &&
      (async (event, signal) =>
        isProductEvent(event) ? { event } : { event, prepared: await prepare(event, signal, pool) }),
    // Only called for stages that prepare nothing, whose Prepared says nothing.
    itemOf: (event) => (isProductEvent(event) ? { event } : { event, prepared: undefined as Prepared }),
    overtakes: overtakes && ((event) => !isProductEvent(event) && overtakes(event)),
    ...(definition.hold ? { hold: definition.hold } : {}),
    ...{ spacing: definition.spacing, lanes: lanesOf(config.STAGE_PRIORITY_WEIGHTS) },
    effect: (items, settled) => store.effect(items, settled),
    settle: (settled) => store.settle(settled),
    mayJoin: () => mayJoin(joining, logger),
    ownershipStore: createPartitionOwnershipStore(pool),
    trace: tracing && tracer(tracing, config),
    producer,
    registry,
    logger,
    now,
  })
  const tasks = startTasks(definition, config, { pool, address, producer, topics, logger })
  return {
    ready: () => stage.ready(),
    healthy: () => stage.healthy(),
    drain: async () => {
      const tasksStopped = tasks.stop()
      await stage.drain((config.DRAIN_GRACE_SECONDS - 3) * 1_000)
      await tasksStopped
      await producer.close()
      await pool.close()
      await tracing?.close()
    },
  }
}

function handled(event: OrderEvent | ProductEvent, types: ReadonlySet<string>): OrderEvent | ProductEvent | undefined {
  return types.has(event.type) ? event : undefined
}

type PoolContext = Pick<StageDependencies, 'registry' | 'logger' | 'onMisconfigured'>

function openPool(role: string, config: StageConfig, { registry, logger, onMisconfigured }: PoolContext) {
  const pool = createPool({
    ...databaseSettings(config),
    role,
    size: config.DATABASE_POOL_SIZE,
    applicationName: config.KAFKA_GROUP_ID.slice(0, 63),
    onIdleError: (error) => logger.debug({ error }, 'an idle database connection was lost'),
    onUndeclaredPooler: onMisconfigured,
    onQuery: observeQueries(registry),
  })
  observePools({ primary: pool }, registry)
  return pool
}

function logFieldsOf({ id, type, data, correlationId, traceparent }: OrderEvent | ProductEvent) {
  return {
    eventId: id,
    eventType: type,
    ...('orderId' in data ? { orderId: data.orderId } : { sku: data.sku }),
    correlationId,
    traceId: traceparent?.split('-')[1],
  }
}

interface TaskParts {
  readonly pool: ReturnType<typeof createPool>
  readonly address: KafkaAddress
  readonly producer: ReturnType<typeof createProducer>
  readonly topics: { readonly prefix: string; readonly keyedByOrder: readonly string[] }
  readonly logger: Logger
}

/** The periodic tasks of a replica: it prunes, and runs the tasks of the definition. */
function startTasks<Prepared>(
  definition: StageDefinition<Prepared>,
  config: StageConfig,
  { pool, address, producer, topics, logger }: TaskParts,
): ReturnType<typeof startPeriodicTasks> {
  const retentionHours = async (): Promise<number> => {
    try {
      return await longestRetentionHours(address, config.KAFKA_CONSUME_TOPICS, logger)
    } catch (error) {
      if (!(error instanceof RetentionRefusedError)) throw error
      logger.warn(
        { error, keptHours: inboxRetentionHours(0) },
        'the inbox is pruned as if Kafka kept messages for seven days',
      )
      return 0
    }
  }
  const keyedByOrder = (topic: string): boolean => topics.keyedByOrder.includes(topics.prefix + topic)
  return startPeriodicTasks(
    [
      pruning(retentionHours, pruneEveryMs),
      retentionTask(
        (definition.retention ?? []).map(({ table, days }) => ({ table, days: config.STAGE_RETENTION_DAYS ?? days })),
        pruneEveryMs,
      ),
      ...(definition.periodicTasks ?? []),
    ],
    {
      database: pool,
      publish: (events) =>
        producer.send(
          events.map((event) => {
            const { topic, ...record } = encode(event, keyedByOrder)
            return { ...record, topic: topics.prefix + topic }
          }),
        ),
      keyedByOrder,
    },
    (chore, error) => logger.warn({ error, chore }, 'a periodic task failed; it runs again at its next time'),
  )
}
