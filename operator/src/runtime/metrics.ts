// What can be measured of the operator? Its Prometheus metrics, by name, in a registry of its own.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { OrderPipelineStatus } from '../api/index.ts'
import type { Priority, Taken } from './work-queue.ts'

export interface Metrics {
  readonly registry: Registry
  reconciled(result: 'gone' | 'done' | 'after' | 'retry' | 'error', seconds: number, taken: Taken): void
  requested(verb: string, code: number | string, seconds: number): void
  watchRestarted(kind: string, reason: string): void
  lagReadFailed(): void
  leading(yes: boolean): void
  /** Replaces the figures of one pipeline; undefined takes them away. */
  pipeline(namespace: string, name: string, status: OrderPipelineStatus | undefined): void
}

/** Seconds. */
const buckets = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300]

export const metrics = (queueDepth: (priority: Priority) => number): Metrics => {
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry })
  const name = (what: string): string => `orderpipeline_${what}`
  const reconciles = new Counter({
    name: name('reconcile_total'),
    help: 'Passes over a pipeline, by result',
    labelNames: ['result'],
    registers,
  })
  const durations = new Histogram({
    name: name('reconcile_seconds'),
    help: 'Time of one pass over a pipeline',
    labelNames: ['priority'],
    buckets,
    registers,
  })
  const waits = new Histogram({
    name: name('queue_wait_seconds'),
    help: "Time a pipeline waited for a worker, a user's edit apart from the background",
    labelNames: ['priority'],
    buckets,
    registers,
  })
  new Gauge({
    name: name('queue_depth'),
    help: 'Pipelines waiting for a worker',
    labelNames: ['priority'],
    registers,
    collect() {
      for (const priority of ['edit', 'background'] as const) this.set({ priority }, queueDepth(priority))
    },
  })
  const requests = new Counter({
    name: name('api_requests_total'),
    help: 'Requests to the API server, by verb and answer',
    labelNames: ['verb', 'code'],
    registers,
  })
  const requestSeconds = new Histogram({
    name: name('api_request_seconds'),
    help: 'Time of a request to the API server',
    labelNames: ['verb'],
    buckets: [0.005, 0.02, 0.1, 0.5, 1, 5, 10],
    registers,
  })
  const restarts = new Counter({
    name: name('watch_restarts_total'),
    help: 'Watches started again, by kind and why the last one ended',
    labelNames: ['kind', 'reason'],
    registers,
  })
  const lagFailures = new Counter({
    name: name('lag_read_failures_total'),
    help: 'Times lag could not be read from Kafka',
    registers,
  })
  const leads = new Gauge({ name: name('leader'), help: '1 while this process holds the lease', registers })
  const stageLabels = ['namespace', 'pipeline', 'stage'] as const
  const lag = new Gauge({
    name: name('stage_lag'),
    help: 'Messages not yet consumed',
    labelNames: stageLabels,
    registers,
  })
  const wanted = new Gauge({
    name: name('stage_replicas_desired'),
    help: 'Replicas wanted',
    labelNames: stageLabels,
    registers,
  })
  const ready = new Gauge({
    name: name('stage_replicas_ready'),
    help: 'Replicas ready',
    labelNames: stageLabels,
    registers,
  })
  const condition = new Gauge({
    name: name('condition'),
    help: '1 while the condition is True',
    labelNames: ['namespace', 'pipeline', 'type'] as const,
    registers,
  })
  /** Label sets in use per pipeline, so that a removed stage leaves no figure behind. */
  const stagesOf = new Map<string, readonly string[]>()

  return {
    registry,
    reconciled: (result, seconds, { priority, waitedMs }) => {
      reconciles.inc({ result })
      durations.observe({ priority }, seconds)
      waits.observe({ priority }, waitedMs / 1000)
    },
    requested: (verb, code, seconds) => {
      requests.inc({ verb, code: String(code) })
      requestSeconds.observe({ verb }, seconds)
    },
    watchRestarted: (kind, reason) => restarts.inc({ kind, reason }),
    lagReadFailed: () => lagFailures.inc(),
    leading: (yes) => leads.set(yes ? 1 : 0),
    pipeline: (namespace, pipeline, status) => {
      const key = `${namespace}/${pipeline}`
      for (const stage of stagesOf.get(key) ?? [])
        for (const gauge of [lag, wanted, ready]) gauge.remove({ namespace, pipeline, stage })
      const parts = [...(status?.stages ?? []), ...(status?.gateway ? [{ name: 'gateway', ...status.gateway }] : [])]
      for (const part of parts) {
        const labels = { namespace, pipeline, stage: part.name }
        wanted.set(labels, part.desiredReplicas)
        ready.set(labels, part.readyReplicas)
        if ('lag' in part && part.lag !== undefined) lag.set(labels, part.lag)
      }
      for (const { type, status: holds } of status?.conditions ?? [])
        condition.set({ namespace, pipeline, type }, holds === 'True' ? 1 : 0)
      if (status) {
        stagesOf.set(
          key,
          parts.map((part) => part.name),
        )
        return
      }
      stagesOf.delete(key)
      for (const type of ['Ready', 'Configured', 'TopicsReady', 'WorkloadsReady', 'ScalingReady'])
        condition.remove({ namespace, pipeline, type })
    },
  }
}
