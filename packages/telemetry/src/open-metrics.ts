// How do metrics lead to traces? As OpenMetrics, which has exemplars: for a bucket of a histogram
// the trace of one of its observations. A reader that does not ask for it gets the classic format,
// with the same series.
import { Histogram, Registry } from 'prom-client'
import type { HistogramConfiguration, Metric, ObserveDataWithExemplar, OpenMetricsContentType } from 'prom-client'

/** Constant labels by registry: prom-client keeps its own to itself. */
const constantLabels = new WeakMap<Registry, Readonly<Record<string, string>>>()

export function setConstantLabels(registry: Registry, labels: Readonly<Record<string, string>>): void {
  registry.setDefaultLabels({ ...labels })
  constantLabels.set(registry, labels)
}

export interface Exposition {
  readonly contentType: string
  readonly text: string
}

/** `accept`: the header of the request. */
export async function exposition(registry: Registry, accept: string | undefined): Promise<Exposition> {
  const format = accept?.includes('application/openmetrics-text') ? openMetricsOf(registry) : registry
  return { contentType: format.contentType, text: await format.metrics() }
}

/**
 * A view for one answer: prom-client renames the counters of a registry that it writes as
 * OpenMetrics, and the classic format would lack their names from then on.
 */
function openMetricsOf(registry: Registry): Registry<OpenMetricsContentType> {
  const view = new Registry<OpenMetricsContentType>()
  view.setContentType(Registry.OPENMETRICS_CONTENT_TYPE)
  view.setDefaultLabels({ ...constantLabels.get(registry) })
  for (const metric of registry.getMetricsAsArray() as unknown as readonly Figure[])
    view.registerMetric(viewOf(metric) as unknown as Metric)
  return view
}

interface Figure {
  readonly name: string
  readonly help: string
  readonly get: () => Promise<{ readonly name: string; readonly type: string }>
  readonly getForPromString?: () => Promise<{ readonly name: string; readonly type: string }>
}

/** OpenMetrics names a counter without the `_total` of its samples. */
function viewOf(metric: Figure) {
  const read = async () => {
    const data = await (metric.getForPromString?.() ?? metric.get())
    if (data.type !== 'counter') return data
    const family = data.name.replace(/_total$/, '')
    return family === data.name ? { ...data, type: 'unknown' } : { ...data, name: family }
  }
  return { name: metric.name, help: metric.help, get: read }
}

const sampled = /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f][13579bdf]$/

export interface TracedHistogram<Label extends string> {
  /**
   * `traceparent`: of the work that was measured; where it is not sampled nothing is kept of it.
   */
  observe(value: number, labels: Readonly<Partial<Record<Label, string>>>, traceparent: string | undefined): void
}

/** A histogram with exemplars. */
export function tracedHistogram<Label extends string = never>(
  configuration: Pick<HistogramConfiguration<Label>, 'name' | 'help' | 'labelNames' | 'buckets'> & {
    readonly registers: readonly Registry[]
  },
): TracedHistogram<Label> {
  const { registers, ...rest } = configuration
  // prom-client refuses exemplars where the registry is classic, and keeps them for either. Its
  // types take labels of exemplars for labels of the metric.
  const histogram = new Histogram<Label | 'trace_id'>({ ...rest, enableExemplars: true, registers: [] })
  for (const registry of registers) registry.registerMetric(histogram)
  return {
    observe: (value, labels, traceparent) => {
      const traceId = traceparent === undefined ? undefined : sampled.exec(traceparent)?.[1]
      const trace = traceId === undefined ? {} : { exemplarLabels: { trace_id: traceId } as const }
      histogram.observe({ labels, value, ...trace } as ObserveDataWithExemplar<Label | 'trace_id'>)
    },
  }
}
