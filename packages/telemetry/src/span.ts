// What is a span, and who makes one? Types only: OpenTelemetry is loaded where traces are wanted.

export interface Tracing {
  span(name: string, start: SpanStart): Span
  /** Sends what has ended, within a bound of time. */
  close(): Promise<void>
}

export interface SpanStart {
  readonly kind: 'server' | 'producer' | 'consumer' | 'client'
  /** W3C traceparent of the cause; without one a new trace begins. */
  readonly parent: string | undefined
  /** W3C traceparent of a related span, which decides nothing about this one. */
  readonly link?: string | undefined
  readonly attributes?: SpanAttributes
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface Span {
  /** For the events and requests that follow from this work. */
  readonly traceparent: string
  set(attributes: SpanAttributes): void
  fail(error: Error): void
  /** A span that never ends is never sent. */
  end(): void
}

export interface TracedService {
  readonly service: string
  /** Absent for a service of no particular pipeline. */
  readonly pipeline?: string
}
