// How is one order followed from its request through every stage? As spans of one trace, handed on
// by the traceparent that its events carry. Tracing is off unless the address of a collector is
// set; only then is OpenTelemetry loaded.
import { variables } from '@orderpipeline/config'
import type { Logger } from '@orderpipeline/process'
import type { TracedService, Tracing } from './span.ts'

export type { Span, SpanAttributes, SpanStart, TracedService, Tracing } from './span.ts'

/** The names are OpenTelemetry's own. */
export const tracingVariables = {
  /** Base address of a collector that takes OTLP over HTTP; `/v1/traces` is added. */
  OTEL_EXPORTER_OTLP_ENDPOINT: variables.url(['http', 'https']).optional(),
  /**
   * Share of the traces that begin here and are kept; a trace that continues from elsewhere is kept
   * as its flags say.
   */
  OTEL_TRACES_SAMPLER_ARG: variables.number(0, 1).default(1),
}

export interface TracingConfig {
  readonly OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined
  readonly OTEL_TRACES_SAMPLER_ARG: number
}

/** Undefined where no collector is configured; then nothing is loaded and no span is made. */
export async function startTracing(
  config: TracingConfig,
  of: TracedService,
  logger: Logger,
): Promise<Tracing | undefined> {
  const endpoint = config.OTEL_EXPORTER_OTLP_ENDPOINT
  if (endpoint === undefined) return undefined
  const { otlpTracing } = await import('./otlp.ts')
  const tracing = otlpTracing({
    url: `${endpoint.replace(/\/$/, '')}/v1/traces`,
    share: config.OTEL_TRACES_SAMPLER_ARG,
    ...of,
  })
  logger.info({ endpoint }, 'sending traces')
  return tracing
}
