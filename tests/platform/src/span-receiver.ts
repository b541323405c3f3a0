// Which spans were sent? A receiver of OTLP over HTTP that stores what it gets.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync } from 'node:zlib'

export interface Span {
  readonly service: string
  readonly name: string
  readonly kind: number
  readonly traceId: string
  readonly spanId: string
  readonly parentSpanId?: string
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[]
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
  readonly status?: { readonly code?: number }
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[]
}
interface Sent {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: Span['attributes'] }
    readonly scopeSpans: readonly { readonly spans: readonly Omit<Span, 'service'>[] }[]
  }[]
}

export interface SpanReceiver {
  readonly url: string
  readonly spans: readonly Span[]
  close(): void
}

export function attribute(of: Pick<Span, 'attributes'>, key: string): string | undefined {
  return of.attributes.find((one) => one.key === key)?.value.stringValue
}

export async function spanReceiver(): Promise<SpanReceiver> {
  const spans: Span[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const body = Buffer.concat(chunks)
      const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body
      for (const { resource, scopeSpans } of (JSON.parse(text.toString()) as Sent).resourceSpans)
        for (const { spans: of } of scopeSpans)
          spans.push(...of.map((span) => ({ ...span, service: attribute(resource, 'service.name') ?? '' })))
      response.writeHead(request.url === '/v1/traces' ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
    })
  }).listen(0)
  await once(server, 'listening')
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, spans, close: () => server.close() }
}
