// What can be measured of the operator? Its Prometheus metrics, by name, in a registry of its own.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { OrderPipeline } from '../api/index.ts'
import { pipelineMetrics } from './pipeline-metrics.ts'
import type { Priority, QueueItem } from './work-queue.ts'

export interface Metrics {
  readonly registry: Registry
  reconciled(result: 'gone' | 'done' | 'after' | 'retry' | 'whole' | 'error', seconds: number, item: QueueItem): void
  requested(verb: string, code: number | string, seconds: number): void
  watchRestarted(kind: string, reason: string): void
  lagReadFailed(): void
  /** Drift of an object was repaired. */
  readonly repaired: (kind: string) => void
  leading(yes: boolean): void
  /** Replaces the figures of one pipeline. */
  readonly pipeline: (pipeline: OrderPipeline) => void
  forgetPipeline(pipeline: OrderPipeline): void
}

/** Seconds. */
const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

/** `standingBy`: pipelines that another installation acts on. */
export function metrics(queueDepth: (priority: Priority) => number, standingBy: () => number): Metrics {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const reconciles = new Counter({
    name: 'orderpipeline_reconcile_total',
    help: 'Reconciles of a pipeline, by result; figures: only its figures were looked at',
    labelNames: ['result'],
    registers,
  })
  const durations = new Histogram({
    name: 'orderpipeline_reconcile_seconds',
    help: 'Time of one reconcile of a pipeline',
    labelNames: ['priority'],
    buckets,
    registers,
  })
  const waits = new Histogram({
    name: 'orderpipeline_queue_wait_seconds',
    help: "Time a pipeline waited for a worker, by priority: a user's edit or background",
    labelNames: ['priority'],
    buckets,
    registers,
  })
  new Gauge({
    name: 'orderpipeline_queue_depth',
    help: 'Pipelines that wait for a worker, by priority',
    labelNames: ['priority'],
    registers,
    collect() {
      for (const priority of ['edit', 'background'] as const) this.set({ priority }, queueDepth(priority))
    },
  })
  const requests = new Counter({
    name: 'orderpipeline_api_requests_total',
    help: 'Requests to the API server, by verb and status of the answer',
    labelNames: ['verb', 'code'],
    registers,
  })
  const requestSeconds = new Histogram({
    name: 'orderpipeline_api_request_seconds',
    help: 'Time of a request to the API server',
    labelNames: ['verb'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 10],
    registers,
  })
  const restarts = new Counter({
    name: 'orderpipeline_watch_restarts_total',
    help: 'Restarted watches, by kind and by the reason why the previous one ended',
    labelNames: ['kind', 'reason'],
    registers,
  })
  const lagFailures = new Counter({
    name: 'orderpipeline_lag_read_failures_total',
    help: 'Reads of lag from Kafka that failed',
    registers,
  })
  const repairs = new Counter({
    name: 'orderpipeline_drift_repairs_total',
    help: 'Objects that another writer had changed and the operator restored, by kind',
    labelNames: ['kind'],
    registers,
  })
  const leads = new Gauge({ name: 'orderpipeline_leader', help: '1 while this process holds the lease', registers })
  new Gauge({
    name: 'orderpipeline_pipelines_standing_by',
    help: 'Pipelines for which this installation stands by, because another one acts on them',
    registers,
    collect() {
      this.set(standingBy())
    },
  })
  const ofPipelines = pipelineMetrics(registry)

  return {
    registry,
    reconciled: (result, seconds, { priority, extent, waitedMs }) => {
      const isFigures = extent === 'figures' && (result === 'done' || result === 'after')
      reconciles.inc({ result: isFigures ? 'figures' : result })
      durations.observe({ priority }, seconds)
      waits.observe({ priority }, waitedMs / 1000)
    },
    requested: (verb, code, seconds) => {
      requests.inc({ verb, code: String(code) })
      requestSeconds.observe({ verb }, seconds)
    },
    watchRestarted: (kind, reason) => restarts.inc({ kind, reason }),
    lagReadFailed: () => lagFailures.inc(),
    repaired: (kind) => repairs.inc({ kind }),
    leading: (yes) => leads.set(yes ? 1 : 0),
    pipeline: ofPipelines.update,
    forgetPipeline: ofPipelines.remove,
  }
}
