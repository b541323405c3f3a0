// What is a span, and who makes one? Types only: OpenTelemetry is loaded where traces are wanted.

export interface Tracing {
  span(name: string, start: SpanStart): Span
  /** Sends what has ended, within a bound of time. */
  close(): Promise<void>
}

export interface SpanStart {
  readonly kind: 'server' | 'producer' | 'consumer' | 'client'
  /** W3C traceparent of what made this happen; without one a trace begins. */
  readonly parent: string | undefined
  /** W3C traceparent of what this has to do with, and which decides nothing about it. */
  readonly link?: string | undefined
  readonly attributes?: SpanAttributes
}

export type SpanAttributes = Readonly<Record<string, string | number | boolean>>

export interface Span {
  /** For whatever this work makes happen. */
  readonly traceparent: string
  set(attributes: SpanAttributes): void
  fail(error: Error): void
  /** One that never ends is never sent. */
  end(): void
}

export interface TracedService {
  readonly service: string
  /** Absent for one that serves no pipeline in particular. */
  readonly pipeline?: string
}
