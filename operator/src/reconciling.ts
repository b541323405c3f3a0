// What does a reconcile read besides the informers, and what comes before and after it? Figures,
// pods and Secrets are remembered for each pipeline until it is gone; another installation may act
// on the pipeline; its metrics follow its new status.
import type { ApiAccess } from './api-access.ts'
import { desiredSettings, servedStatus } from './cluster-watch.ts'
import type { ClusterWatch } from './cluster-watch.ts'
import type { KafkaParts } from './kafka-parts.ts'
import type { OperatorParts } from './operator-parts.ts'
import type { Acting } from './reconcile/acting.ts'
import { contestedFields } from './reconcile/contested-fields.ts'
import { eventRecorder } from './reconcile/event-recorder.ts'
import { figuresPass } from './reconcile/figures.ts'
import { foreignObjects } from './reconcile/foreign-objects.ts'
import { atLatest } from './reconcile/next-check.ts'
import type { Next } from './reconcile/next-check.ts'
import { observe } from './reconcile/observe.ts'
import { podReports } from './reconcile/pod-reports.ts'
import { reconcile } from './reconcile/reconcile.ts'
import type { Reconciler } from './reconcile/reconcile.ts'
import { secretDigests } from './reconcile/secret-digests.ts'
import type { SloLog } from './reconcile/slo-log.ts'
import { statusWriter } from './reconcile/status-writer.ts'
import type { StatusWriter } from './reconcile/status-writer.ts'
import { throughputLog } from './reconcile/throughput-log.ts'
import { updateLimiter } from './reconcile/updates.ts'
import type { UpdateLimiter } from './reconcile/updates.ts'
import type { Metrics } from './runtime/metrics.ts'
import type { Extent, WorkQueue } from './runtime/work-queue.ts'

export interface ReconcilingParts {
  readonly parts: OperatorParts
  readonly access: ApiAccess
  readonly watch: ClusterWatch
  readonly acting: Acting
  readonly kafka: KafkaParts
  readonly instruments: Metrics
  readonly queue: WorkQueue
  readonly slo: SloLog
}

export interface Reconciling {
  readonly pass: (key: string, extent: Extent) => Promise<Next>
  /** The pipeline is gone: nothing of it is remembered. */
  forget(key: string): void
}

export function reconciling(on: ReconcilingParts): Reconciling {
  const { parts, access, watch, acting, kafka, instruments, slo } = on
  const { config, log, clock } = parts
  const { kube } = access
  const { informers } = watch
  const status = statusWriterOf(on)
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
  const foreignOwners = foreignObjects(clock.now)
  const contests = contestedFields(clock.now, instruments.repaired)
  const updates = updateLimiterOf(on)
  const settings = () => desiredSettings(config, watch)
  const readers = { status, foreignOwners, throughput, slo, pods, secrets, updates, contests }
  const figures = { lagOf: kafka.figuresOf, topics: kafka.topics }
  const reconciler: Reconciler = { kube, informers, settings, ...readers, ...figures, now: clock.wall }
  const passFigures = figuresPass({ informers, ...readers, ...figures, acts: acting.acts, shown: instruments.pipeline })
  return {
    pass: (key, extent) =>
      extent === 'figures' ? passFigures(key) : pass(on, reconciler, key).finally(() => informers.pack(key)),
    forget: (key) => {
      for (const one of [status, throughput, slo, pods, foreignOwners, contests, updates, acting]) one.forget(key)
    },
  }
}

async function pass({ watch, acting, instruments }: ReconcilingParts, on: Reconciler, key: string): Promise<Next> {
  const cached = watch.pipelineOf(key)
  const claim = cached && (await acting.claim(cached))
  if (cached && claim?.kind === 'standsBy') instruments.forgetPipeline(cached)
  if (claim && claim.kind !== 'acts') return claim.kind === 'gone' ? claim : { kind: 'after', ms: claim.waitMs }
  const next = await reconcile(on, key)
  const pipeline = watch.pipelineOf(key)
  if (pipeline) instruments.pipeline(pipeline)
  return claim?.waitMs === undefined ? next : atLatest(next, claim.waitMs)
}

function statusWriterOf({ parts, access: { kube }, watch }: ReconcilingParts): StatusWriter {
  const { config, log, clock } = parts
  const recorder = eventRecorder(kube, config.lease.holder, clock.wall, (error) =>
    log.warn({ error }, 'an event could not be posted'),
  )
  return statusWriter(kube, recorder, servedStatus(parts, watch), watch.informers.recordWrite, clock, {
    countsMs: parts.countsMs ?? 1000,
    lagMs: config.lag.statusSeconds * 1000,
  })
}

/** One at a time: those of a thousand pipelines do not fit into memory at once. */
function* observedPipelines({ informers }: ClusterWatch, acting: Acting) {
  for (const key of informers.pipelines.store.keys()) {
    const { pipeline, children } = observe(informers, key)
    if (pipeline && acting.acts(pipeline)) yield { pipeline, children }
  }
}

function updateLimiterOf({ parts: { config }, watch, acting, queue }: ReconcilingParts): UpdateLimiter {
  return updateLimiter(
    {
      all: () => observedPipelines(watch, acting),
      free: (key) => queue.add(key, 'background'),
    },
    { brought: config.servicesImage, usual: config.updates.usual, atOnce: config.updates.atOnce },
  )
}
