import { expect, it } from 'vitest'
import type { Span } from './spans.ts'
import { TraceStore } from './trace-store.ts'

function span(traceId: string, spanId: string, startMs = 0): Span {
  const fixed = { service: 's', kind: 'internal', durationMs: 1, attributes: {}, error: undefined, links: [] }
  return { ...fixed, traceId, spanId, parentSpanId: undefined, startMs, name: spanId }
}

it('adds up a trace whose spans come in several requests and in any order', () => {
  const store = new TraceStore({ count: 10, bytes: 1e6 })
  store.add([span('t', 'second', 5)])
  store.add([span('t', 'first', 1), span('t', 'second', 5)])
  expect(store.get('t')?.spans.map(({ spanId }) => spanId)).toEqual(['first', 'second'])
  expect(store.newest(1)).toMatchObject([{ name: 'first', spans: 2, durationMs: 5 }])
})

it('is called after the span that began it, whatever the clocks of the services say', () => {
  const store = new TraceStore({ count: 10, bytes: 1e6 })
  store.add([{ ...span('t', 'child', 0), parentSpanId: 'root' }, span('t', 'root', 1)])
  expect(store.newest(1)).toMatchObject([{ name: 'root' }])
})

it('drops the oldest trace beyond the bytes', () => {
  const store = new TraceStore({ count: 1_000, bytes: 17_000 })
  for (let n = 0; n < 20; n++) store.add([span(`t${n}`, 's')])
  expect(store.get('t0')).toBeUndefined()
  expect(store.get('t19')).toBeDefined()
  expect(store.count).toBeLessThanOrEqual(11)
})

it('keeps a bounded number of spans of one trace, and says how many it dropped', () => {
  const store = new TraceStore({ count: 10, bytes: 1e8 })
  store.add(Array.from({ length: 5_010 }, (_, n) => span('t', `s${n}`)))
  expect(store.get('t')).toMatchObject({ droppedSpans: 10 })
})
