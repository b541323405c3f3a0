// How do the parts make an operator? Built from a configuration, a kubeconfig and a clock; started
// and stopped as one.
import type { KubeConfig } from '@kubernetes/client-node'
import type { Logger } from 'pino'
import type { OrderPipeline } from './api/index.ts'
import type { Config } from './config.ts'
import type { LagReader } from './kafka/lag-reader.ts'
import { kafkaParts } from './kafka-parts.ts'
import { kubePort } from './kube/port.ts'
import {
  declaredStatus,
  declaresRecord,
  knowsFallbackBehavior,
  knowsFormulaFallback,
  withSchemas,
} from './kube/known-fields.ts'
import { servedSchemas } from './kube/served-schema.ts'
import { type CallObserver, transport } from './kube/transport.ts'
import type { WatchSettings } from './kube/informer.ts'
import {
  absenceCause,
  fieldManager,
  isExternal,
  type KafkaAccess,
  keyOf,
  lagSource,
  type LagSource,
  pipelineKeyOf,
} from './pipeline/index.ts'
import { acting } from './reconcile/acting.ts'
import { eventRecorder } from './reconcile/event-recorder.ts'
import { contestedFields } from './reconcile/contested-fields.ts'
import { atLatest, type Next } from './reconcile/next-check.ts'
import { isNews, isOwnCreation, priorityOf } from './reconcile/news.ts'
import { observe, type Informers, informersOf } from './reconcile/observe.ts'
import { podReports } from './reconcile/pod-reports.ts'
import { reconcile } from './reconcile/reconcile.ts'
import { secretDigests } from './reconcile/secret-digests.ts'
import { statusWriter } from './reconcile/status-writer.ts'
import { foreignObjects } from './reconcile/foreign-objects.ts'
import { throughputLog } from './reconcile/throughput-log.ts'
import { updateTurns } from './reconcile/updates.ts'
import type { Clock } from './runtime/clock.ts'
import { healthServer } from './runtime/health-server.ts'
import { leader } from './leadership/leader.ts'
import { actAsLeader } from './act-as-leader.ts'
import { metrics } from './runtime/metrics.ts'
import { type QueueSettings, workQueue } from './runtime/work-queue.ts'

export interface OperatorParts {
  readonly config: Config
  readonly kubeConfig: KubeConfig
  readonly log: Logger
  readonly clock: Clock
  /**
   * For tests and measurements: another way to read lag, every call, other times of the watches.
   */
  readonly lagReaderFor?: (access: KafkaAccess) => LagReader
  readonly observeCall?: CallObserver
  readonly watch?: WatchSettings
  readonly countsMs?: number
  readonly queue?: QueueSettings
}

export interface Operator {
  /** Where /metrics, /healthz and /readyz are served. */
  readonly port: number
  /**
   * Where KEDA asks for the replicas of stages scaled on flow; undefined where the operator is no
   * scaler.
   */
  readonly flowPort: number | undefined
  readonly synced: () => boolean
  /**
   * Resolves when the operator has ended: 'stopped' after `stop`, or 'lost' when it has lost the
   * lease and must not go on.
   */
  readonly ended: Promise<'stopped' | 'lost'>
  /** Finishes the reconciles in flight, releases the lease and ends. */
  stop(): Promise<void>
}

const requestTimeoutMs = 10_000
/** Children change in bursts; one reconcile covers a burst. */
const gatherMs = 200

export const startOperator = async (parts: OperatorParts): Promise<Operator> => {
  const { config, kubeConfig, log, clock } = parts
  const stopping = new AbortController()
  const closing = new AbortController()
  const queue = workQueue(clock, parts.queue)
  const instruments = metrics(queue.depth, () => standingBy.size)
  const wire = await transport(kubeConfig, clock.now, (call, code, seconds) => {
    instruments.requested(call.query?.['watch'] === true ? 'WATCH' : call.method, code, seconds)
    parts.observeCall?.(call, code, seconds)
  })
  const leaseTimeoutMs = (config.lease.seconds * 1000) / 5
  const leases = kubePort(wire, { fieldManager, timeoutMs: leaseTimeoutMs, mayWriteFor: () => leaseTimeoutMs })
  const lead = leader(leases, config.lease, clock)
  const writing = { timeoutMs: requestTimeoutMs, mayWriteFor: lead.mayWriteFor }
  const kube = kubePort(wire, { ...writing, fieldManager })
  /** This installation: its replicas share a lease. */
  const own = `${config.lease.namespace}/${config.lease.name}`

  /**
   * Pipelines on an external Kafka: they are looked up every second, and mostly there are few. The
   * same object until it changes, so that what is derived from it is derived once.
   */
  const external = new Map<string, OrderPipeline>()
  /**
   * Pipelines that this installation acts on, as far as their lag is read, and those that another
   * acts on.
   */
  const lagSources = new Map<string, LagSource>()
  const standingBy = new Set<string>()
  const lookAtAll = (): void => {
    for (const pipeline of world.pipelines.store.all()) queue.add(keyOf(pipeline), 'background')
  }
  const schemas = servedSchemas(kube, clock.now, lookAtAll)
  const world: Informers = informersOf(
    kube,
    {
      pipeline: (change) => {
        const pipeline = change.object as OrderPipeline
        if (change.kind !== 'gone') classify(pipeline)
        if (change.kind === 'gone') forget(pipeline)
        else if (isExternal(pipeline)) external.set(keyOf(pipeline), pipeline)
        else external.delete(keyOf(pipeline))
        if (isNews(change, own)) queue.add(keyOf(change.object), priorityOf(change))
      },
      child: (change) => {
        const key = pipelineKeyOf(change.object)
        if (key !== undefined && !isOwnCreation(change)) queue.addAfter(key, gatherMs)
      },
      absent: (resource, absence, error) => {
        if (absence) log.warn({ kind: resource.kind, absence, error }, absenceCause(resource, absence).what)
        else log.info({ kind: resource.kind }, 'the API server now serves the kind')
        lookAtAll()
      },
      opening: async (resource) => {
        if (withSchemas.has(resource.kind)) await schemas.load(resource)
      },
      restarted: (resource, reason, error) => {
        instruments.watchRestarted(resource.kind, reason)
        if (reason !== 'ended') log.warn({ kind: resource.kind, reason, error }, 'a watch is restarted')
      },
    },
    clock,
    { namespace: config.watchNamespace, ...(parts.watch ? { watch: parts.watch } : {}) },
  )
  const recorder = eventRecorder(kube, config.lease.holder, clock.wall, (error) =>
    log.warn({ error }, 'an event could not be posted'),
  )
  const declared = declaredStatus(schemas, (fields) =>
    log.warn(
      { fields },
      'the CRD of OrderPipelines is older than this operator: these status fields are omitted until the CRD is upgraded',
    ),
  )
  const status = statusWriter(kube, recorder, declared, world.noteWritten, clock, {
    countsMs: parts.countsMs ?? 1000,
    lagMs: config.lag.statusSeconds * 1000,
  })
  const pipelines = () => world.pipelines.store.all() as readonly OrderPipeline[]
  const actedPipelines = () => pipelines().filter(turns.acts)
  const pipelineOf = (key: string) => world.pipelines.store.get(key) as OrderPipeline | undefined
  const turns = acting(
    {
      kube: kubePort(wire, { ...writing, fieldManager: `${fieldManager}-record` }),
      noted: world.noteWritten,
      declared: () => declaresRecord(schemas),
      left: (key, to) =>
        log.warn(
          { pipeline: key, acting: to },
          'another installation of the operator acts on the pipeline, this one stands by',
        ),
      taken: (key, from) =>
        log.warn(
          { pipeline: key, from },
          'the installation that acted on the pipeline does not answer, this one acts now',
        ),
      ...clock,
    },
    own,
    { answerMs: config.standbySeconds * 1000, askMs: config.standbySeconds * 10_000 },
  )
  const { poller, flow, topics } = await kafkaParts({
    ...{ config, clock, log, measured: instruments, kube, lagReaderFor: parts.lagReaderFor },
    recording: kubePort(wire, { ...writing, fieldManager: `${fieldManager}-topics` }),
    polled: () => [...lagSources.values()],
    external: () => [...external.values()],
    observe: (key) => observe(world, key),
    noted: world.noteWritten,
    acts: turns.acts,
    mayWrite: () => lead.mayWriteFor() > 0,
    updated: (key) => queue.add(key, 'background'),
  })
  const settings = () => ({
    servicesImage: config.servicesImage,
    imagePullPolicy: config.imagePullPolicy,
    imagePullSecrets: config.imagePullSecrets,
    serviceDomain: config.serviceDomain,
    prometheusUrl: config.prometheusUrl,
    fallbackBehavior: knowsFallbackBehavior(schemas),
    flowScalerUrl: config.flowScaler?.url,
    formulaFallback: knowsFormulaFallback(schemas),
  })
  const throughput = throughputLog(clock.now)
  const pods = podReports(kube, clock.now, (error) =>
    log.warn({ error }, 'the pods of a new version cannot be read, no version is given up meanwhile'),
  )
  const secrets = secretDigests(
    kube,
    clock.now,
    (error) => log.warn({ error }, 'a Secret cannot be read, pods keep the present values meanwhile'),
    config.secretsIntervalSeconds * 1000,
  )
  const foreign = foreignObjects(clock.now)
  const contests = contestedFields(clock.now, instruments.repaired)
  const updates = updateTurns(
    {
      all: () => actedPipelines().map((pipeline) => ({ pipeline, children: observe(world, keyOf(pipeline)).children })),
      free: (key) => queue.add(key, 'background'),
    },
    { brought: config.servicesImage, usual: config.updates.usual, atOnce: config.updates.atOnce },
  )
  const lagOf = poller.figuresOf
  const readers = { status, strangers: foreign, throughput, pods, secrets, lagOf, topics, updates, contests: contests }
  const passing = { kube, world, settings, ...readers, now: clock.wall }
  const pass = async (key: string): Promise<Next> => {
    const cached = pipelineOf(key)
    const turn = cached && (await turns.turn(cached))
    if (cached && turn?.kind === 'standsBy') instruments.forgetPipeline(cached)
    if (turn && turn.kind !== 'acts') return turn.kind === 'gone' ? turn : { kind: 'after', ms: turn.waitMs }
    const next = await reconcile(passing, key)
    const pipeline = pipelineOf(key)
    if (pipeline) instruments.pipeline(pipeline)
    return turn?.waitMs === undefined ? next : atLatest(next, turn.waitMs)
  }

  /**
   * A pipeline without a record of an acting installation is polled like our own, so that its first
   * reconcile has figures.
   */
  function classify(pipeline: OrderPipeline): void {
    const key = keyOf(pipeline)
    if (!turns.acts(pipeline) && pipeline.status?.operator) {
      standingBy.add(key)
      lagSources.delete(key)
      flow.forget(pipeline)
      return
    }
    standingBy.delete(key)
    lagSources.set(key, lagSource(pipeline))
    flow.know(pipeline)
  }

  function forget(pipeline: OrderPipeline): void {
    external.delete(keyOf(pipeline))
    lagSources.delete(keyOf(pipeline))
    standingBy.delete(keyOf(pipeline))
    flow.forget(pipeline)
    status.forget(keyOf(pipeline))
    throughput.forget(keyOf(pipeline))
    pods.forget(keyOf(pipeline))
    foreign.forget(keyOf(pipeline))
    contests.forget(keyOf(pipeline))
    updates.forget(keyOf(pipeline))
    turns.forget(keyOf(pipeline))
    queue.forget(keyOf(pipeline))
    instruments.forgetPipeline(pipeline)
  }

  const act = () =>
    actAsLeader({
      ...{ synced: world.synced, lead, measured: instruments, log, clock, queue, pass, stopping },
      beside: [(signal) => poller.run(signal)],
      writing: [(signal) => topics.run(signal)],
      settings: { count: config.workers, resyncMs: config.resyncSeconds * 1000, holder: config.lease.holder },
    })

  const health = await healthServer(config.metricsPort, instruments.registry, {
    alive: () => true,
    ready: () => world.synced() && !stopping.signal.aborted,
  })
  const watching = world.run(closing.signal)
  const scaling = flow.run(stopping.signal)
  const completion = act().finally(async () => {
    closing.abort()
    stopping.abort()
    queue.close()
    await scaling
    await watching
    wire.close()
    await health.close()
  })
  return {
    port: health.port,
    flowPort: flow.port,
    synced: world.synced,
    ended: completion,
    stop: async () => {
      stopping.abort()
      await completion
    },
  }
}
