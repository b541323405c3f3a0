// What does every service need to be observed and operated? Logs, metrics, health, traces and a
// graceful shutdown.
export {
  createLogger,
  drainOnSignals,
  silentLogger,
  type Closer,
  type Drain,
  type DrainOptions,
  type LogLevel,
  type Logger,
  type LoggerOptions,
} from '@orderpipeline/process'
export { observePools, observeQueries, type PoolFigures, type QueryObserver } from './database-metrics.ts'
export { startMetricsServer, type Check, type MetricsServer, type MetricsServerOptions } from './metrics-server.ts'
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
