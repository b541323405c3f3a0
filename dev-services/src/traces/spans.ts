// Which spans are in a request of an exporter? OTLP over HTTP in its JSON encoding, as
// packages/telemetry sends it. Pure.
import { z } from 'zod'

export interface Span {
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId: string | undefined
  readonly service: string
  readonly name: string
  readonly kind: string
  /** Milliseconds since 1970, with the microseconds behind the point. */
  readonly startMs: number
  readonly durationMs: number
  readonly attributes: Readonly<Record<string, unknown>>
  /** The message of its error; undefined where it has none. */
  readonly error: string | undefined
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[]
}

const kinds = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const
const errorStatus = 2

function hexId(bytes: number) {
  return z.string().regex(new RegExp(`^[0-9a-f]{${2 * bytes}}$`, 'i'), `${bytes} bytes in hexadecimal`)
}
/** A 64 bit number is a text in the JSON of protobuf; exporters also write numbers. */
const nanoseconds = z.union([z.string().regex(/^\d{1,20}$/), z.number()]).transform(BigInt)
interface AnyValue {
  readonly stringValue?: string | undefined
  readonly boolValue?: boolean | undefined
  readonly intValue?: string | number | undefined
  readonly doubleValue?: number | undefined
  readonly arrayValue?: { readonly values?: readonly AnyValue[] | undefined } | undefined
}
const anyValue: z.ZodType<AnyValue> = z.lazy(() =>
  z.object({
    stringValue: z.string().optional(),
    boolValue: z.boolean().optional(),
    intValue: z.union([z.string(), z.number()]).optional(),
    doubleValue: z.number().optional(),
    arrayValue: z.object({ values: z.array(anyValue).optional() }).optional(),
  }),
)
const attributes = z.array(z.object({ key: z.string(), value: anyValue.optional() })).default([])

const span = z.object({
  traceId: hexId(16),
  spanId: hexId(8),
  parentSpanId: z.string().optional(),
  name: z.string().default(''),
  kind: z.number().int().default(0),
  startTimeUnixNano: nanoseconds,
  endTimeUnixNano: nanoseconds,
  attributes,
  status: z.object({ code: z.number().optional(), message: z.string().optional() }).optional(),
  links: z.array(z.object({ traceId: hexId(16), spanId: hexId(8) })).default([]),
})

export const exportRequest = z.object({
  resourceSpans: z
    .array(
      z.object({
        resource: z.object({ attributes }).optional(),
        scopeSpans: z.array(z.object({ spans: z.array(span).default([]) })).default([]),
      }),
    )
    .default([]),
})
export type ExportRequest = z.output<typeof exportRequest>

export function spansOf({ resourceSpans }: ExportRequest): readonly Span[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const name = recordOf(resource?.attributes ?? [])['service.name']
    const service = typeof name === 'string' ? name : 'unknown'
    return scopeSpans.flatMap(({ spans }) => spans.map((each) => spanOf(service, each)))
  })
}

function spanOf(service: string, raw: z.output<typeof span>): Span {
  const { traceId, spanId, parentSpanId, name, kind, startTimeUnixNano, endTimeUnixNano, status, links } = raw
  const failed = status?.code === errorStatus
  return {
    ...{ traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase(), service, name, links },
    parentSpanId: parentSpanId === undefined || parentSpanId === '' ? undefined : parentSpanId.toLowerCase(),
    kind: kinds[kind] ?? 'unspecified',
    startMs: Number(startTimeUnixNano / 1_000n) / 1_000,
    durationMs: Number((endTimeUnixNano - startTimeUnixNano) / 1_000n) / 1_000,
    attributes: recordOf(raw.attributes),
    error: failed ? (status.message ?? 'failed') : undefined,
  }
}

function recordOf(list: z.output<typeof attributes>): Record<string, unknown> {
  return Object.fromEntries(list.map(({ key, value }) => [key, plain(value)]))
}

function plain(value: AnyValue | undefined): unknown {
  if (value === undefined) return undefined
  const { stringValue, boolValue, intValue, doubleValue, arrayValue } = value
  if (arrayValue) return (arrayValue.values ?? []).map(plain)
  if (intValue !== undefined) return Number(intValue)
  return stringValue ?? boolValue ?? doubleValue
}
