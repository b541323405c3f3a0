// How do the parts make an operator? Built from a configuration, a kubeconfig and a clock; started and stopped as one.
import type { KubeConfig } from '@kubernetes/client-node'
import type { Logger } from 'pino'
import type { OrderPipeline } from './api/index.ts'
import type { Config } from './config.ts'
import { kafkaClients } from './kafka/clients.ts'
import { credentials } from './kafka/credentials.ts'
import { lagPoller } from './kafka/lag-poller.ts'
import { kafkaLagReader, type LagReader } from './kafka/lag-reader.ts'
import { topicKeeper } from './kafka/topic-keeper.ts'
import { recordTopics } from './kafka/topic-record.ts'
import { kubePort } from './kube/port.ts'
import type { Change } from './kube/store.ts'
import { type CallObserver, transport } from './kube/transport.ts'
import type { WatchSettings } from './kube/watched.ts'
import { fieldManager, isExternal, type KafkaAccess, keyOf, pipelineKeyOf } from './pipeline/index.ts'
import { announcer } from './reconcile/announcer.ts'
import { hasFinalizer } from './reconcile/finalizer.ts'
import { worldOf } from './reconcile/observe.ts'
import { reconcile } from './reconcile/reconcile.ts'
import { statusWriter } from './reconcile/status-writer.ts'
import { throughputLog } from './reconcile/throughput-log.ts'
import { healthServer } from './runtime/health-server.ts'
import { leader } from './runtime/leader.ts'
import { metrics } from './runtime/metrics.ts'
import { pause } from './runtime/pause.ts'
import { type Priority, type QueueSettings, workQueue } from './runtime/work-queue.ts'
import { workers } from './runtime/workers.ts'

export interface OperatorParts {
  readonly config: Config
  readonly kubeConfig: KubeConfig
  readonly log: Logger
  readonly clock: { readonly now: () => number; readonly random: () => number }
  /** For tests and measurements: another way to read lag, every call, other times of the watches. */
  readonly lagReaderFor?: (access: KafkaAccess) => LagReader
  readonly observeCall?: CallObserver
  readonly watch?: WatchSettings
  readonly countsMs?: number
  readonly queue?: QueueSettings
}

export interface Operator {
  /** Where /metrics, /healthz and /readyz are served. */
  readonly port: number
  readonly synced: () => boolean
  /** Resolves when the operator has stopped: 'stopped' as asked, or 'lost' the lease and must not go on. */
  readonly ended: Promise<'stopped' | 'lost'>
  /** Finishes what is in hand, gives the lease back and ends. */
  stop(): Promise<void>
}

const requestTimeoutMs = 10_000
/** Children report in bursts, one pass answers them all. */
const gatherMs = 200

export const startOperator = async (parts: OperatorParts): Promise<Operator> => {
  const { config, kubeConfig, log, clock } = parts
  const stopping = new AbortController()
  const closing = new AbortController()
  const queue = workQueue(clock, parts.queue)
  const measured = metrics(queue.depth)
  const wire = await transport(kubeConfig, clock.now, (call, code, seconds) => {
    measured.requested(call.query?.['watch'] === true ? 'WATCH' : call.method, code, seconds)
    parts.observeCall?.(call, code, seconds)
  })
  const leaseTimeoutMs = (config.lease.seconds * 1000) / 5
  const leases = kubePort(wire, { fieldManager, timeoutMs: leaseTimeoutMs, mayWriteFor: () => leaseTimeoutMs })
  const lead = leader(leases, config.lease, clock)
  const kube = kubePort(wire, { fieldManager, timeoutMs: requestTimeoutMs, mayWriteFor: lead.mayWriteFor })

  /** Keys of the pipelines whose topics are ours to keep: they are asked for every second, and mostly there are few. */
  const external = new Set<string>()
  const world = worldOf(
    kube,
    {
      pipeline: (change) => {
        const pipeline = change.object as OrderPipeline
        if (change.kind === 'gone') forget(pipeline)
        else if (isExternal(pipeline)) external.add(keyOf(pipeline))
        else external.delete(keyOf(pipeline))
        if (isNews(change)) queue.add(keyOf(change.object), priorityOf(change))
      },
      child: (change) => {
        const key = pipelineKeyOf(change.object)
        if (key !== undefined) queue.addAfter(key, gatherMs)
      },
      restarted: (resource, reason, error) => {
        measured.watchRestarted(resource.kind, reason)
        if (reason !== 'ended') log.warn({ kind: resource.kind, reason, error }, 'a watch is started again')
      },
    },
    clock,
    { namespace: config.watchNamespace, ...(parts.watch ? { watch: parts.watch } : {}) },
  )
  const said = announcer(kube, config.lease.holder, clock.now, (error) =>
    log.warn({ error }, 'an event could not be posted'),
  )
  const status = statusWriter(kube, said, world.noteWritten, clock.now, {
    countsMs: parts.countsMs ?? 1000,
    lagMs: config.lag.statusSeconds * 1000,
  })
  const pipelines = () => world.pipelines.store.all() as readonly OrderPipeline[]
  const pipelineOf = (key: string) => world.pipelines.store.get(key) as OrderPipeline | undefined
  const clients = kafkaClients((access) => credentials(kube, access), config.lag.timeoutSeconds * 1000)
  const poller = lagPoller(
    {
      pipelines,
      readerFor: parts.lagReaderFor ?? ((access) => kafkaLagReader(clients.of(access))),
      ...clock,
      updated: (key) => queue.add(key, 'background'),
      failed: ({ bootstrapServers: servers }, error) => {
        measured.lagReadFailed()
        log.warn({ servers, error }, 'lag cannot be read, it is unknown until Kafka answers')
      },
    },
    { intervalMs: config.lag.intervalSeconds * 1000, serviceDomain: config.serviceDomain },
  )
  const recording = kubePort(wire, {
    fieldManager: `${fieldManager}-topics`,
    timeoutMs: requestTimeoutMs,
    mayWriteFor: lead.mayWriteFor,
  })
  const unrecorded = (error: unknown): void => log.warn({ error }, 'what was made in Kafka is not on record yet')
  const topics = topicKeeper(
    {
      pipelines: () => [...external].flatMap((key) => pipelineOf(key) ?? []).filter(hasFinalizer),
      connectionTo: (access) => clients.of(access),
      record: (pipeline, kafka) => recordTopics(recording, world.noteWritten, unrecorded, pipeline, kafka),
      mayWrite: () => lead.mayWriteFor() > 0,
      updated: (key) => queue.add(key, 'background'),
      failed: ({ bootstrapServers: servers }, error) =>
        log.warn({ servers, error }, 'topics cannot be looked at, they are left as they are until Kafka answers'),
      ...clock,
    },
    { intervalMs: config.topicsIntervalSeconds * 1000, serviceDomain: config.serviceDomain },
  )
  const settings = {
    servicesImage: config.servicesImage,
    imagePullPolicy: config.imagePullPolicy,
    serviceDomain: config.serviceDomain,
    prometheusUrl: config.prometheusUrl,
  }
  const throughput = throughputLog(clock.now)
  const pass = async (key: string) => {
    const next = await reconcile({ kube, world, settings, status, throughput, lagOf: poller.figuresOf, topics }, key)
    const pipeline = pipelineOf(key)
    if (pipeline) measured.pipeline(pipeline.metadata.namespace ?? '', pipeline.metadata.name, pipeline.status)
    return next
  }

  function forget(pipeline: OrderPipeline): void {
    external.delete(keyOf(pipeline))
    status.forget(keyOf(pipeline))
    throughput.forget(keyOf(pipeline))
    queue.forget(keyOf(pipeline))
    measured.pipeline(pipeline.metadata.namespace ?? '', pipeline.metadata.name, undefined)
  }

  const act = async (): Promise<'stopped' | 'lost'> => {
    while (!world.synced() && !stopping.signal.aborted) await pause(50, stopping.signal)
    if (stopping.signal.aborted || !(await lead.acquire(stopping.signal))) return 'stopped'
    measured.leading(true)
    log.info({ holder: config.lease.holder }, 'leading')
    const polling = poller.run(stopping.signal)
    const keeping = topics.run(stopping.signal)
    const working = workers(
      queue,
      pass,
      { log, metrics: measured, ...clock },
      { count: config.workers, resyncMs: config.resyncSeconds * 1000 },
    )
    const held = await lead.hold(stopping.signal)
    measured.leading(false)
    queue.close()
    if (held === 'lost') {
      log.error('the lease is lost, another operator may be acting')
      stopping.abort()
    }
    // The lease is kept alive by its remaining time while what is in hand finishes: writes end with it at the latest.
    await Promise.all([working.finished, keeping])
    if (held === 'released')
      await lead.release().catch((error: unknown) => log.warn({ error }, 'the lease was not given back'))
    await polling // reads only: nobody has to wait for a Kafka that does not answer before taking over
    return held === 'lost' ? 'lost' : 'stopped'
  }

  const health = await healthServer(config.metricsPort, measured.registry, {
    alive: () => true,
    ready: () => world.synced() && !stopping.signal.aborted,
  })
  const watching = world.run(closing.signal)
  const ended = act().finally(async () => {
    closing.abort()
    queue.close()
    await watching
    wire.close()
    await health.close()
  })
  return {
    port: health.port,
    synced: world.synced,
    ended,
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}

/** Our own status writes are no reason to look again. */
const isNews = (change: Change): boolean => {
  if (change.kind === 'gone') return true
  const [now, before] = [change.object.metadata, change.before()?.metadata]
  return (
    !before ||
    now.uid !== before.uid ||
    now.generation !== before.generation ||
    now.deletionTimestamp !== before.deletionTimestamp ||
    JSON.stringify(now.finalizers) !== JSON.stringify(before.finalizers)
  )
}

/** What was not followed yet, by us or by the operator before us, is somebody's edit; the rest of a listing is not. */
const priorityOf = ({ kind, object }: Change): Priority => {
  const { metadata, status } = object as OrderPipeline
  const followed =
    kind === 'gone' || (!metadata.deletionTimestamp && status?.observedGeneration === metadata.generation)
  return followed ? 'background' : 'edit'
}
