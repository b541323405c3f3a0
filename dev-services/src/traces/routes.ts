// How do traces come in, and how are they looked at? By OTLP over HTTP in JSON at /v1/traces; as
// JSON, and as a waterfall for people.
import { HttpProblemError, parsed } from '@orderpipeline/http'
import type { FastifyInstance } from '@orderpipeline/http'
import { z } from 'zod'
import { html, page } from '../html.ts'
import { sendPage } from '../mails/routes.ts'
import { showsHtml } from '../wants-html.ts'
import { exportRequest, spansOf } from './spans.ts'
import type { Trace, TraceStore, TraceSummary } from './trace-store.ts'
import { milliseconds, waterfall } from './waterfall.ts'

const listed = 200
const traceParams = z.object({ traceId: z.string().regex(/^[0-9a-fA-F]{32}$/, '32 hexadecimal digits') })
/** A request has up to 512 spans. */
const exportBytes = 4_194_304

export function serveTraces(app: FastifyInstance, traces: TraceStore): void {
  app.post('/v1/traces', { bodyLimit: exportBytes }, (request) => {
    traces.add(spansOf(parsed(exportRequest, request.body)))
    return {}
  })
  app.get('/traces', (request, reply) => {
    const newest = traces.newest(listed)
    return showsHtml(request) ? sendPage(reply, listPage(newest, traces)) : { traces: newest, dropped: traces.dropped }
  })
  app.get('/traces/:traceId', (request, reply) => {
    const { traceId } = parsed(traceParams, request.params)
    const trace = traces.get(traceId.toLowerCase())
    if (!trace) throw new HttpProblemError(404, 'Not Found', 'there is no such trace, or none any more')
    return showsHtml(request) ? sendPage(reply, tracePage(trace)) : trace
  })
  app.delete('/traces', (_request, reply) => {
    traces.clear()
    return reply.code(204).send()
  })
}

function listPage(newest: readonly TraceSummary[], traces: TraceStore): string {
  const rows = newest.map(
    ({ traceId, startedAt, name, durationMs, spans, services, errors }) =>
      html`<tr>
        <td class="id">${startedAt}</td>
        <td><a href="traces/${traceId}">${name}</a></td>
        <td>${milliseconds(durationMs)}</td>
        <td>${spans}</td>
        <td>${services.join(', ')}</td>
        <td class="error">${errors === 0 ? '' : errors}</td>
      </tr>`,
  )
  const head = html`<tr>
    <th>Began</th>
    <th>First span</th>
    <th>Duration</th>
    <th>Spans</th>
    <th>Services</th>
    <th>Errors</th>
  </tr>`
  const count = html`<p>
    ${traces.count} traces, the newest ${newest.length} below; ${traces.dropped} older ones were dropped.
  </p>`
  return page(
    'Traces',
    '',
    html`${count}
      <table>
        <thead>
          ${head}
        </thead>
        <tbody>
          ${rows}
        </tbody>
      </table>`,
  )
}

function tracePage(trace: Trace): string {
  const more = trace.droppedSpans > 0 ? html`; ${trace.droppedSpans} more were dropped` : html``
  const failures = trace.spans.flatMap(({ service, name, error }) =>
    error === undefined ? [] : [html`<p class="error">${service}: ${name}: ${error}</p>`],
  )
  return page(
    `Trace ${trace.traceId}`,
    '../',
    html`<p>${trace.spans.length} spans${more}. A span’s attributes are shown when the pointer rests on it.</p>
      ${failures}${waterfall(trace)}`,
  )
}
