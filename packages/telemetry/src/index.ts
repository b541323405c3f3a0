// What does every service need to be observed? Metrics, health and traces. Its log and its
// graceful shutdown are those of packages/process.
export { observePools, observeQueries, type PoolFigures, type QueryObserver } from './database-metrics.ts'
export { startMetricsServer, type Check, type MetricsServer, type MetricsServerOptions } from './metrics-server.ts'
export { tracedHistogram, type TracedHistogram } from './open-metrics.ts'
export { Counter, createRegistry, Gauge, Histogram, Registry, secondsBuckets } from './registry.ts'
export {
  startTracing,
  tracingVariables,
  type Span,
  type SpanAttributes,
  type SpanStart,
  type Tracing,
  type TracingConfig,
} from './tracing.ts'
