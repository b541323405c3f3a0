// Which parts of the operator speak to Kafka? One reads lag, one answers KEDA (and reads the lag of
// the pipelines that it answers for), and one keeps the topics of external clusters; all over
// shared connections.
import type { Logger } from 'pino'
import { resourceOf } from './api/index.ts'
import type { KubeObject, OrderPipeline } from './api/index.ts'
import type { OperatorConfig } from './config.ts'
import { kafkaClients } from './kafka/clients.ts'
import { credentials } from './kafka/credentials.ts'
import { lagPoller } from './kafka/lag-poller.ts'
import type { LagPoller } from './kafka/lag-poller.ts'
import { kafkaLagReader } from './kafka/lag-reader.ts'
import type { LagReader } from './kafka/lag-reader.ts'
import { topicKeeper } from './kafka/topic-keeper.ts'
import type { TopicKeeper } from './kafka/topic-keeper.ts'
import { recordTopics } from './kafka/topic-record.ts'
import { isConflict, isNotFound } from './kube/errors.ts'
import type { Kube } from './kube/port.ts'
import { keyOf, namespaceOf, needsFinalizer } from './pipeline/index.ts'
import type { FirstReplicas, KafkaAccess, LagSource, MeasuredStage, PartitionOffsets } from './pipeline/index.ts'
import { hasFinalizer } from './reconcile/finalizer.ts'
import type { Observed } from './reconcile/observe.ts'
import type { Clock } from './runtime/clock.ts'
import type { Metrics } from './runtime/metrics.ts'
import { flowMetrics } from './scaler/flow-metrics.ts'
import { flowScaler } from './scaler/flow-scaler.ts'
import type { FlowScaler } from './scaler/flow-scaler.ts'

interface KafkaEnvironment {
  readonly config: OperatorConfig
  readonly clock: Clock
  readonly log: Logger
  readonly measured: Metrics
  readonly kube: Kube
  /** By a field manager of its own, so that no other write of the status takes the record away. */
  readonly recording: Kube
  readonly lagReaderFor: ((access: KafkaAccess) => LagReader) | undefined
  /** Pipelines whose lag is read. */
  readonly polled: () => readonly LagSource[]
  /** Pipelines on an external Kafka. */
  readonly external: () => readonly OrderPipeline[]
  readonly observe: (key: string) => Observed
  readonly noted: (object: KubeObject) => void
  readonly acts: (pipeline: OrderPipeline) => boolean
  readonly mayWrite: () => boolean
  /** The topics of this pipeline have changed. */
  readonly updated: (key: string) => void
  /** The figures of its lag have. */
  readonly moved: (key: string) => void
  /** The offsets of a pipeline were read, by consumer group. */
  readonly read: (key: string, offsets: ReadonlyMap<string, readonly PartitionOffsets[]>) => void
}

export interface KafkaParts {
  readonly poller: Pick<LagPoller, 'run'>
  /** What is measured of a pipeline, by stage. Empty while unknown. */
  readonly figuresOf: (key: string) => ReadonlyMap<string, MeasuredStage>
  readonly flow: FlowScaler
  readonly topics: TopicKeeper
}

export async function kafkaParts(on: KafkaEnvironment): Promise<KafkaParts> {
  const { config, clock, log, measured: metrics, updated } = on
  const { serviceDomain } = config
  const clients = kafkaClients((access) => credentials(on.kube, access), config.lag.timeoutSeconds * 1000)
  const readerFor = on.lagReaderFor ?? ((access) => kafkaLagReader(clients.of(access)))
  const unreadable =
    (consequence: string) =>
    ({ bootstrapServers: servers }: KafkaAccess, error: unknown): void => {
      metrics.lagReadFailed()
      log.warn({ servers, error }, consequence)
    }
  const deadLettersMs = config.deadLettersIntervalSeconds * 1000
  const flow = await flowScaler({
    ...{ ...clock, observe: on.observe, readerFor, serviceDomain, deadLettersMs, leads: on.mayWrite },
    updated: (key) => {
      if (on.mayWrite()) on.moved(key)
    },
    start: startOf(on),
    read: on.read,
    port: config.flowScaler?.port,
    intervalMs: (config.flowScaler?.intervalSeconds ?? 2) * 1000,
    failed: unreadable('the flow of pipelines is unknown, KEDA scales on lag until Kafka answers'),
  })
  // A pipeline that the scaler reads is read once.
  const unread = () => on.polled().filter((source) => flow.figuresOf(keyOf(source)) === undefined)
  const poller = lagPoller(
    {
      ...{ pipelines: unread, readerFor, updated: on.moved, ...clock },
      seen: (pipeline, offsets) => on.read(keyOf(pipeline), offsets),
      failed: unreadable('lag cannot be read, it is unknown until Kafka answers'),
    },
    { intervalMs: config.lag.intervalSeconds * 1000, deadLettersMs, serviceDomain },
  )
  const figuresOf = (key: string) => flow.figuresOf(key) ?? poller.figuresOf(key)
  flowMetrics(metrics.registry, flow.decisions)
  const reportUnrecorded = (error: unknown): void =>
    log.warn({ error }, 'the topics created in Kafka are not yet recorded in the status')
  const topics = topicKeeper(
    {
      pipelines: () => on.external().filter(isHeldAsNeeded),
      connectionTo: (access) => clients.of(access),
      record: (pipeline, kafka) => recordTopics(on.recording, on.noted, reportUnrecorded, pipeline, kafka),
      ...{ acts: on.acts, mayWrite: on.mayWrite, updated, ...clock },
      failed: ({ bootstrapServers: servers }, error) =>
        log.warn({ servers, error }, 'topics cannot be read, they stay as they are until Kafka answers'),
    },
    { intervalMs: config.topicsIntervalSeconds * 1000, serviceDomain },
  )
  return { poller, figuresOf, flow, topics }
}

/** Topics that are to be deleted with their pipeline are created only once it has its finalizer. */
function isHeldAsNeeded(pipeline: OrderPipeline): boolean {
  return hasFinalizer(pipeline) || !needsFinalizer(pipeline, [])
}

/**
 * Scales a Deployment from zero. One that was written since it was read is left to the next read.
 */
function startOf({ kube, acts, observe, log }: KafkaEnvironment): (first: FirstReplicas) => void {
  const starting = new Set<string>()
  return ({ pipeline: key, stage, deployment, replicas }) => {
    const { pipeline } = observe(key)
    const name = deployment.metadata.name
    const id = `${key}/${name}`
    if (!pipeline || !acts(pipeline) || starting.has(id)) return
    starting.add(id)
    void kube
      .scale(resourceOf('Deployment'), namespaceOf(pipeline), name, replicas, deployment)
      .then(() => log.info({ pipeline: key, stage, replicas }, 'messages wait for a stage without replicas, started'))
      .catch((error: unknown) => {
        if (!isConflict(error) && !isNotFound(error))
          log.warn(
            { error, pipeline: key, stage },
            'a stage without replicas is not started, KEDA starts it at its next poll',
          )
      })
      .finally(() => starting.delete(id))
  }
}
