// How do the parts make an operator? Built from a configuration, a kubeconfig and a clock; started
// and stopped as one.
import type { KubeConfig } from '@kubernetes/client-node'
import type { Logger } from 'pino'
import { orderPipelines, type OrderPipeline, type OrderPipelineStatus, resourceOf } from './api/index.ts'
import type { Config } from './config.ts'
import { kafkaClients } from './kafka/clients.ts'
import { credentials } from './kafka/credentials.ts'
import { lagPoller } from './kafka/lag-poller.ts'
import { kafkaLagReader, type LagReader } from './kafka/lag-reader.ts'
import { topicKeeper } from './kafka/topic-keeper.ts'
import { recordTopics } from './kafka/topic-record.ts'
import { kubePort } from './kube/port.ts'
import { declaredPart, schemaAt, servedSchemas, type ServedSchemas } from './kube/served-schema.ts'
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
  needsFinalizer,
  pipelineKeyOf,
} from './pipeline/index.ts'
import { acting } from './reconcile/acting.ts'
import { eventRecorder } from './reconcile/event-recorder.ts'
import { contestedFields } from './reconcile/contested-fields.ts'
import { hasFinalizer } from './reconcile/finalizer.ts'
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
import { leader } from './runtime/leader.ts'
import { metrics } from './runtime/metrics.ts'
import { pause } from './runtime/pause.ts'
import { type QueueSettings, workQueue } from './runtime/work-queue.ts'
import { workers } from './runtime/workers.ts'
import { flowMetrics } from './scaler/flow-metrics.ts'
import { flowScaler } from './scaler/flow-scaler.ts'

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
   * Resolves when the operator has stopped: 'stopped' as asked, or 'lost' the lease and must not go
   * on.
   */
  readonly ended: Promise<'stopped' | 'lost'>
  /** Finishes what is in hand, gives the lease back and ends. */
  stop(): Promise<void>
}

const requestTimeoutMs = 10_000
/** Kinds of which fields are left out where they are not declared. */
const withSchemas: ReadonlySet<string> = new Set([orderPipelines.kind, 'ScaledObject'])
/** Children report in bursts, one pass answers them all. */
const gatherMs = 200

export const startOperator = async (parts: OperatorParts): Promise<Operator> => {
  const { config, kubeConfig, log, clock } = parts
  const stopping = new AbortController()
  const closing = new AbortController()
  const queue = workQueue(clock, parts.queue)
  const measured = metrics(queue.depth, () => standingBy.size)
  const wire = await transport(kubeConfig, clock.now, (call, code, seconds) => {
    measured.requested(call.query?.['watch'] === true ? 'WATCH' : call.method, code, seconds)
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
   * Pipelines whose topics are ours to keep: they are asked for every second, and mostly there are
   * few. The same object until it changes, so that what is derived from it is derived once.
   */
  const external = new Map<string, OrderPipeline>()
  /**
   * Pipelines that this installation acts on, as far as their lag is read, and those that another
   * acts on.
   */
  const polled = new Map<string, LagSource>()
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
        if (change.kind !== 'gone') sort(pipeline)
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
        else log.info({ kind: resource.kind }, 'the kind is served now')
        lookAtAll()
      },
      opening: async (resource) => {
        if (withSchemas.has(resource.kind)) await schemas.load(resource)
      },
      restarted: (resource, reason, error) => {
        measured.watchRestarted(resource.kind, reason)
        if (reason !== 'ended') log.warn({ kind: resource.kind, reason, error }, 'a watch is started again')
      },
    },
    clock,
    { namespace: config.watchNamespace, ...(parts.watch ? { watch: parts.watch } : {}) },
  )
  const said = eventRecorder(kube, config.lease.holder, clock.wall, (error) =>
    log.warn({ error }, 'an event could not be posted'),
  )
  const declared = declaredStatus(schemas, (fields) =>
    log.warn(
      { fields },
      'the OrderPipeline definition is older than this operator: these fields of its status are left out until it is applied anew',
    ),
  )
  const status = statusWriter(kube, said, declared, world.noteWritten, clock, {
    countsMs: parts.countsMs ?? 1000,
    lagMs: config.lag.statusSeconds * 1000,
  })
  const pipelines = () => world.pipelines.store.all() as readonly OrderPipeline[]
  const acted = () => pipelines().filter(turns.acts)
  const pipelineOf = (key: string) => world.pipelines.store.get(key) as OrderPipeline | undefined
  const clients = kafkaClients((access) => credentials(kube, access), config.lag.timeoutSeconds * 1000)
  const turns = acting(
    {
      kube: kubePort(wire, { ...writing, fieldManager: `${fieldManager}-record` }),
      noted: world.noteWritten,
      declared: () => declaresRecord(schemas),
      left: (key, to) =>
        log.warn({ pipeline: key, acting: to }, 'another installation of the operator acts on it, this one stands by'),
      taken: (key, from) =>
        log.warn({ pipeline: key, from }, 'the installation that acted on it does not answer, this one acts now'),
      ...clock,
    },
    own,
    { answerMs: config.standbySeconds * 1000, askMs: config.standbySeconds * 10_000 },
  )
  const poller = lagPoller(
    {
      pipelines: () => [...polled.values()],
      readerFor: parts.lagReaderFor ?? ((access) => kafkaLagReader(clients.of(access))),
      ...clock,
      updated: (key) => queue.add(key, 'background'),
      failed: ({ bootstrapServers: servers }, error) => {
        measured.lagReadFailed()
        log.warn({ servers, error }, 'lag cannot be read, it is unknown until Kafka answers')
      },
    },
    {
      intervalMs: config.lag.intervalSeconds * 1000,
      lettersMs: config.deadLettersIntervalSeconds * 1000,
      serviceDomain: config.serviceDomain,
    },
  )
  const flow = await flowScaler({
    ...clock,
    port: config.flowScaler?.port,
    intervalMs: (config.flowScaler?.intervalSeconds ?? 2) * 1000,
    serviceDomain: config.serviceDomain,
    observe: (key) => observe(world, key),
    readerFor: parts.lagReaderFor ?? ((access) => kafkaLagReader(clients.of(access))),
    failed: ({ bootstrapServers: servers }, error) => {
      measured.lagReadFailed()
      log.warn({ servers, error }, 'the flow of pipelines is not known, KEDA goes by lag until Kafka answers')
    },
  })
  flowMetrics(measured.registry, flow.decisions)
  const recording = kubePort(wire, { ...writing, fieldManager: `${fieldManager}-topics` })
  const unrecorded = (error: unknown): void => log.warn({ error }, 'what was made in Kafka is not on record yet')
  const topics = topicKeeper(
    {
      pipelines: () => [...external.values()].filter(isHeldAsNeeded),
      acts: turns.acts,
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
    log.warn({ error }, 'the pods of a new version cannot be looked at, none is given up until they can'),
  )
  const secrets = secretDigests(
    kube,
    clock.now,
    (error) => log.warn({ error }, 'a Secret cannot be read, pods stay with what they have until it can'),
    config.secretsIntervalSeconds * 1000,
  )
  const taken = foreignObjects(clock.now)
  const contested = contestedFields(clock.now, measured.repaired)
  const updates = updateTurns(
    {
      all: () => acted().map((pipeline) => ({ pipeline, children: observe(world, keyOf(pipeline)).children })),
      free: (key) => queue.add(key, 'background'),
    },
    { brought: config.servicesImage, usual: config.updates.usual, atOnce: config.updates.atOnce },
  )
  const lagOf = poller.figuresOf
  const readers = { status, strangers: taken, throughput, pods, secrets, lagOf, topics, updates, contests: contested }
  const passing = { kube, world, settings, ...readers, now: clock.wall }
  const pass = async (key: string): Promise<Next> => {
    const found = pipelineOf(key)
    const turn = found && (await turns.turn(found))
    if (found && turn?.kind === 'standsBy') measured.forgetPipeline(found)
    if (turn && turn.kind !== 'acts') return turn.kind === 'gone' ? turn : { kind: 'after', ms: turn.waitMs }
    const next = await reconcile(passing, key)
    const pipeline = pipelineOf(key)
    if (pipeline) measured.pipeline(pipeline)
    return turn?.waitMs === undefined ? next : atLatest(next, turn.waitMs)
  }

  /**
   * One that is on nobody's record yet is read as our own, so that its figures are there with its
   * first pass.
   */
  function sort(pipeline: OrderPipeline): void {
    const key = keyOf(pipeline)
    if (!turns.acts(pipeline) && pipeline.status?.operator) {
      standingBy.add(key)
      polled.delete(key)
      flow.forget(pipeline)
      return
    }
    standingBy.delete(key)
    polled.set(key, lagSource(pipeline))
    flow.know(pipeline)
  }

  function forget(pipeline: OrderPipeline): void {
    external.delete(keyOf(pipeline))
    polled.delete(keyOf(pipeline))
    standingBy.delete(keyOf(pipeline))
    flow.forget(pipeline)
    status.forget(keyOf(pipeline))
    throughput.forget(keyOf(pipeline))
    pods.forget(keyOf(pipeline))
    taken.forget(keyOf(pipeline))
    contested.forget(keyOf(pipeline))
    updates.forget(keyOf(pipeline))
    turns.forget(keyOf(pipeline))
    queue.forget(keyOf(pipeline))
    measured.forgetPipeline(pipeline)
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
    // The lease is kept alive by its remaining time while what is in hand finishes: writes end with
    // it at the latest.
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
  const scaling = flow.run(stopping.signal)
  const ended = act().finally(async () => {
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
    ended,
    stop: async () => {
      stopping.abort()
      await ended
    },
  }
}

/** Reported once for each set of fields that are missing. */
const declaredStatus = (schemas: ServedSchemas, outdated: (fields: readonly string[]) => void) => {
  let reported = ''
  return (status: OrderPipelineStatus): OrderPipelineStatus => {
    const { value, undeclared } = declaredPart(status, schemaAt(schemas.of(orderPipelines), 'status'))
    const fields = undeclared.join()
    if (fields !== reported && undeclared.length > 0) outdated(undeclared)
    if (undeclared.length > 0) reported = fields
    return value
  }
}

const declaresRecord = (schemas: ServedSchemas): boolean => {
  const schema = schemas.of(orderPipelines)
  return schema === undefined || schemaAt(schema, 'status.operator') !== undefined
}

const knowsFallbackBehavior = (schemas: ServedSchemas): boolean => {
  const schema = schemas.of(resourceOf('ScaledObject'))
  return schema === undefined || schemaAt(schema, 'spec.fallback.behavior') !== undefined
}

const knowsFormulaFallback = (schemas: ServedSchemas): boolean => {
  const allowed = schemaAt(schemas.of(resourceOf('ScaledObject')), 'spec.fallback.behavior')?.enum
  return allowed === undefined ? knowsFallbackBehavior(schemas) : allowed.includes('scalingModifiers')
}

/** Topics that are to be deleted with their pipeline are not made before it waits for that. */
const isHeldAsNeeded = (pipeline: OrderPipeline): boolean => hasFinalizer(pipeline) || !needsFinalizer(pipeline, [])
