// How do the parts make an operator? Built from a configuration, a kubeconfig and a clock; started
// and stopped as one.
import { actAsLeader } from './act-as-leader.ts'
import { apiAccess, installationOf } from './api-access.ts'
import type { OrderPipeline } from './api/index.ts'
import { actingInstallation, clusterWatch } from './cluster-watch.ts'
import { kafkaParts } from './kafka-parts.ts'
import type { Change } from './kube/object-store.ts'
import type { OperatorParts } from './operator-parts.ts'
import { pipelineSources } from './pipeline-sources.ts'
import type { PipelineSources } from './pipeline-sources.ts'
import { keyOf } from './pipeline/index.ts'
import { causesReconcile, priorityOf } from './reconcile/reconcile-causes.ts'
import { observe } from './reconcile/observe.ts'
import { sloLog } from './reconcile/slo-log.ts'
import { reconciling } from './reconciling.ts'
import type { Reconciling, ReconcilingParts } from './reconciling.ts'
import { healthServer } from './runtime/health-server.ts'
import { metrics } from './runtime/metrics.ts'
import { sloMetrics } from './reconcile/slo-metrics.ts'
import { workQueue } from './runtime/work-queue.ts'

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

/** Between two reads of the offsets; a longer time counts as not measured. */
const leastGapMs = 60_000

export async function startOperator(parts: OperatorParts): Promise<Operator> {
  const { config, log, clock } = parts
  const queue = workQueue(clock, parts.queue)
  const sources = pipelineSources()
  const instruments = metrics(queue.depth, sources.standingBy)
  const access = await apiAccess(parts, instruments)
  const { kube, lead } = access
  const watch = clusterWatch(parts, kube, {
    ...{ queue, instruments },
    pipelineChanged: (change) => changed(shared, sources, reconciles, change),
  })
  const { informers } = watch
  const acting = actingInstallation(parts, access, watch)
  const slo = sloLog(clock, Math.max(leastGapMs, 3000 * config.lag.intervalSeconds))
  sloMetrics(instruments.registry, slo.totals)
  const kafka = await kafkaParts({
    ...{ config, clock, log, measured: instruments, kube, lagReaderFor: parts.lagReaderFor },
    recording: access.as('topics'),
    polled: sources.polled,
    external: sources.external,
    observe: (key) => observe(informers, key),
    noted: informers.recordWrite,
    acts: acting.acts,
    mayWrite: () => lead.mayWriteFor() > 0,
    updated: (key) => queue.add(key, 'background'),
    moved: (key) => queue.add(key, 'background', 'figures'),
    read: (key, offsets) => {
      const pipeline = watch.pipelineOf(key)
      if (pipeline && slo.note(pipeline, offsets)) queue.add(key, 'background', 'figures')
    },
  })
  const shared: ReconcilingParts = { parts, access, watch, acting, kafka, instruments, queue, slo }
  const reconciles = reconciling(shared)
  return run(shared, reconciles)
}

/** A pipeline was created or changed, or is gone. */
function changed(
  { parts, acting, kafka, instruments, queue }: ReconcilingParts,
  sources: PipelineSources,
  reconciles: Reconciling,
  change: Change,
): void {
  const pipeline = change.object as OrderPipeline
  const key = keyOf(pipeline)
  if (change.kind === 'gone') {
    sources.forget(key)
    kafka.flow.forget(pipeline)
    reconciles.forget(key)
    queue.forget(key)
    instruments.forgetPipeline(pipeline)
  } else if (sources.update(pipeline, acting.acts(pipeline))) kafka.flow.forget(pipeline)
  else kafka.flow.know(pipeline)
  if (causesReconcile(change, installationOf(parts.config))) queue.add(key, priorityOf(change))
}

/** Serves, watches and leads until it is stopped or has lost the lease; then it closes all. */
async function run(
  { parts, access, watch, kafka, instruments, queue }: ReconcilingParts,
  { pass }: Reconciling,
): Promise<Operator> {
  const { config, log, clock } = parts
  const { wire, lead } = access
  const { poller, flow, topics } = kafka
  const { informers } = watch
  const stopping = new AbortController()
  const closing = new AbortController()
  const health = await healthServer(config.metricsPort, instruments.registry, {
    alive: () => true,
    ready: () => informers.synced() && !stopping.signal.aborted,
  })
  const watching = informers.run(closing.signal)
  const scaling = flow.run(stopping.signal)
  const leading = actAsLeader({
    ...{ synced: informers.synced, lead, measured: instruments, log, clock, queue, pass, stopping },
    readers: [(signal) => poller.run(signal)],
    writers: [(signal) => topics.run(signal)],
    settings: { count: config.workers, resyncMs: config.resyncSeconds * 1000, holder: config.lease.holder },
  })
  const completion = leading.finally(async () => {
    closing.abort()
    stopping.abort()
    queue.close()
    watch.close()
    await scaling
    await watching
    wire.close()
    await health.close()
  })
  return {
    port: health.port,
    flowPort: flow.port,
    synced: informers.synced,
    ended: completion,
    stop: async () => {
      stopping.abort()
      await completion
    },
  }
}
