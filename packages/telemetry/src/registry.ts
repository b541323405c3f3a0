// Where do a service's metrics live? In one registry of its own (never the global one), with the
// process's own figures: memory, CPU, garbage collection and event-loop delay.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import { monitorDelayWhileRead } from './event-loop-delay.ts'
import { setConstantLabels } from './open-metrics.ts'

export { Counter, Gauge, Histogram, Registry }

/** From a millisecond to a minute: wide enough for an accept and for a whole saga. */
export const secondsBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** Milliseconds, the longest that a timer takes: the monitor of prom-client itself is not used. */
const never = 2 ** 31 - 1

/** `labels` are put on every metric; keep them few and constant. */
export function createRegistry(labels: Readonly<Record<string, string>> = {}): Registry {
  const registry = new Registry()
  setConstantLabels(registry, labels)
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: never })
  monitorDelayWhileRead(registry)
  return registry
}
