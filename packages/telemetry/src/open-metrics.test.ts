// Does a reader that asks for OpenMetrics get exemplars, and every other one what it got before?
import { expect, test } from 'vitest'
import { exposition, tracedHistogram } from './open-metrics.ts'
import { Counter, createRegistry, Gauge } from './registry.ts'

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
const prometheus =
  'application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,*/*;q=0.1'

function traceparent(flags: string): string {
  return `00-${traceId}-00f067aa0ba902b7-${flags}`
}

function bench() {
  const registry = createRegistry({ stage: 'payment' })
  const registers = [registry]
  const calls = new Counter({ name: 'calls_total', help: 'Calls', labelNames: ['outcome'], registers })
  const seconds = tracedHistogram({ name: 'call_seconds', help: 'Time', buckets: [1, 5], registers })
  new Gauge({ name: 'waiting', help: 'Waiting', registers }).set(3)
  calls.inc({ outcome: 'ok' })
  return { registry, seconds }
}
function seriesIn(text: string): string[] {
  // What the process has open changes from one reading to the next.
  const lines = text.split('\n').filter((line) => line !== '' && !/^#|^nodejs_active_/.test(line))
  return lines.map((line) => line.replace(/ .*/, '')).toSorted()
}

test('the same series in both formats, whichever was read before', async () => {
  const { registry } = bench()
  await exposition(registry, undefined) // from the first reading on it measures the event loop
  const before = await exposition(registry, undefined)
  const open = await exposition(registry, prometheus)
  const after = await exposition(registry, 'text/plain')
  expect(open.contentType).toMatch(/^application\/openmetrics-text; version=1.0.0/)
  expect(open.text).toMatch(/# EOF\n$/)
  expect(open.text).toContain('# TYPE calls counter\ncalls_total{outcome="ok",stage="payment"} 1\n')
  expect(after.contentType).toMatch(/^text\/plain; version=0.0.4/)
  expect(after.text).toContain('# TYPE calls_total counter\ncalls_total{outcome="ok",stage="payment"} 1\n')
  expect(seriesIn(open.text)).toEqual(seriesIn(before.text))
  expect(seriesIn(after.text)).toEqual(seriesIn(before.text))
})

test('a sampled trace is an exemplar of its bucket, in OpenMetrics only', async () => {
  const { registry, seconds } = bench()
  seconds.observe(2, {}, traceparent('01'))
  const { text } = await exposition(registry, prometheus)
  const lines = text.split('\n').filter((line) => line.includes(traceId))
  expect(lines).toEqual([
    expect.stringMatching(/^call_seconds_bucket\{le="5",stage="payment"\} 1 # \{trace_id="4bf92f[0-9a-f]+"\} 2 \d+/),
  ])
  expect((await exposition(registry, undefined)).text).not.toContain(traceId)
})

test.each([undefined, traceparent('00'), 'rubbish'])('no exemplar comes of %s', async (of) => {
  const { registry, seconds } = bench()
  seconds.observe(2, {}, of)
  const { text } = await exposition(registry, prometheus)
  expect(text).toContain('call_seconds_count{stage="payment"} 1\n')
  expect(text).not.toContain('trace_id')
})
