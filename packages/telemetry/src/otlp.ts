// How are spans made and sent by OpenTelemetry? In batches from a bounded queue, apart from the
// work that they describe: a collector that is unavailable costs spans and nothing else. Loaded
// only where traces are wanted.
import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import type { Context, SpanContext } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'
import { withDeadline } from '@orderpipeline/retry'
import type { SpanStart, TracedService, Tracing } from './span.ts'

export interface OtlpOptions extends TracedService {
  readonly url: string
  readonly share: number
}

/** Spans beyond this number are dropped. */
const maxQueueSize = 4_096
const everyMs = 1_000
const sendTimeoutMs = 3_000
/** The time-out of the last sending, while the process drains. */
const closeTimeoutMs = 2_000

const kinds: Record<SpanStart['kind'], SpanKind> = {
  server: SpanKind.SERVER,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
  client: SpanKind.CLIENT,
}

export function otlpTracing({ url, share, service, pipeline }: OtlpOptions): Tracing {
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: sendTimeoutMs })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      ...(pipeline === undefined ? {} : { 'service.namespace': pipeline }),
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(share) }),
    spanProcessors: [
      new BatchSpanProcessor({
        exporter,
        maxQueueSize,
        maxExportBatchSize: 512,
        scheduledDelayMillis: everyMs,
        exportTimeoutMillis: sendTimeoutMs,
      }),
    ],
  })
  const tracer = provider.getTracer('orderpipeline')

  return {
    span: (name, { kind, parent, link, attributes = {} }) => {
      const linkedSpan = remoteSpan(link)
      const start = {
        kind: kinds[kind],
        attributes: { ...attributes },
        ...(linkedSpan ? { links: [{ context: linkedSpan }] } : {}),
      }
      const span = tracer.startSpan(name, start, contextOf(parent))
      return {
        traceparent: traceparentOf(span.spanContext()),
        set: (more) => void span.setAttributes({ ...more }),
        fail: (error) => {
          span.recordException(error)
          span.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
        },
        end: () => span.end(),
      }
    },
    close: async () => {
      await withDeadline(closeTimeoutMs, 'sending the last spans', provider.shutdown()).catch(() => undefined)
    },
  }
}

const traceContext = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/

function contextOf(parent: string | undefined): Context {
  const remote = remoteSpan(parent)
  return remote ? trace.setSpanContext(ROOT_CONTEXT, remote) : ROOT_CONTEXT
}

function remoteSpan(traceparent: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = traceContext.exec(traceparent ?? '') ?? []
  if (traceId === undefined || spanId === undefined) return undefined
  return { traceId, spanId, traceFlags: parseInt(flags ?? '0', 16), isRemote: true }
}

function traceparentOf({ traceId, spanId, traceFlags }: SpanContext): string {
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`
}
