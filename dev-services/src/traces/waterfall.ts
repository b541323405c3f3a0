// How does a trace look? As a waterfall: a line for each span below the one that caused it, with a
// bar from its start to its end. Pure.
import { html } from '../html.ts'
import type { Html } from '../html.ts'
import type { Span } from './spans.ts'
import type { Trace } from './trace-store.ts'

export interface Row {
  readonly span: Span
  /** The number of spans above it. */
  readonly depth: number
}

/** Beyond this depth further spans are indented no more. */
const depthAtMost = 30

/** Each span behind its parent, spans of one parent by their start. */
export function rowsOf({ spans }: Pick<Trace, 'spans'>): readonly Row[] {
  const ids = new Set(spans.map(({ spanId }) => spanId))
  const children = Map.groupBy(spans, ({ parentSpanId }) =>
    parentSpanId !== undefined && ids.has(parentSpanId) ? parentSpanId : '',
  )
  const rows: Row[] = []
  const visited = new Set<string>()
  const stack = [...(children.get('') ?? [])].reverse().map((span) => ({ span, depth: 0 }))
  for (let row = stack.pop(); row !== undefined; row = stack.pop()) {
    if (visited.has(row.span.spanId)) continue
    visited.add(row.span.spanId)
    rows.push(row)
    const depth = Math.min(row.depth + 1, depthAtMost)
    stack.push(...[...(children.get(row.span.spanId) ?? [])].reverse().map((span) => ({ span, depth })))
  }
  // Spans that are each other's parents have no first one.
  return [...rows, ...spans.filter(({ spanId }) => !visited.has(spanId)).map((span) => ({ span, depth: 0 }))]
}

const width = 1_000
const labelWidth = 420
const rowHeight = 18

export function waterfall(trace: Pick<Trace, 'spans'>): Html {
  const rows = rowsOf(trace)
  const startMs = Math.min(...rows.map(({ span }) => span.startMs))
  const endMs = Math.max(...rows.map(({ span }) => span.startMs + span.durationMs))
  const perMs = (width - labelWidth - 60) / Math.max(endMs - startMs, 0.001)
  const lines = rows.map(({ span, depth }, index) => {
    const y = index * rowHeight
    const x = labelWidth + (span.startMs - startMs) * perMs
    const bar = Math.max(1, span.durationMs * perMs)
    const label = `${span.service} ${span.name}`.slice(0, 60 - depth)
    return html`<g${span.error === undefined ? html`` : html` class="failed"`}><title>${titleOf(span)}</title><text x="${depth * 10}" y="${y + 12}">${label}</text><rect x="${x.toFixed(1)}" y="${y + 3}" width="${bar.toFixed(1)}" height="${rowHeight - 6}"></rect><text x="${(x + bar + 4).toFixed(1)}" y="${y + 12}">${milliseconds(span.durationMs)}</text></g>`
  })
  return html`<svg
    viewBox="0 0 ${width} ${rows.length * rowHeight}"
    role="img"
    aria-label="Waterfall of ${rows.length} spans"
  >
    ${lines}
  </svg>`
}

export function milliseconds(value: number): string {
  return value >= 1_000 ? `${(value / 1_000).toFixed(2)} s` : `${value.toFixed(value < 10 ? 1 : 0)} ms`
}

function titleOf({ service, name, kind, durationMs, attributes, error }: Span): string {
  const lines = Object.entries(attributes).map(([key, value]) => `${key}: ${String(value)}`)
  return [
    `${service}: ${name} (${kind}), ${milliseconds(durationMs)}`,
    ...lines,
    ...(error ? [`error: ${error}`] : []),
  ].join('\n')
}
