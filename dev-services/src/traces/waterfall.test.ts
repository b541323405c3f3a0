import { expect, it } from 'vitest'
import type { Span } from './spans.ts'
import { rowsOf, waterfall } from './waterfall.ts'

function span(spanId: string, parentSpanId: string | undefined, startMs: number): Span {
  const fixed = {
    traceId: 't',
    service: 's',
    kind: 'internal',
    durationMs: 1,
    attributes: {},
    error: undefined,
    links: [],
  }
  return { ...fixed, spanId, parentSpanId, startMs, name: spanId }
}

it('has each span behind its parent, and spans of one parent by their start', () => {
  const spans = [
    span('root', undefined, 0),
    span('late', 'root', 5),
    span('early', 'root', 1),
    span('leaf', 'early', 2),
  ]
  const rows = rowsOf({ spans: spans.sort((a, b) => a.startMs - b.startMs) })
  expect(rows.map(({ span: { spanId }, depth }) => `${depth} ${spanId}`)).toEqual([
    '0 root',
    '1 early',
    '2 leaf',
    '1 late',
  ])
})

it('has a span whose parent is not there at the top', () => {
  expect(rowsOf({ spans: [span('orphan', 'gone', 0)] }).map(({ depth }) => depth)).toEqual([0])
})

it('has every span once where spans are each other’s parents', () => {
  expect(rowsOf({ spans: [span('a', 'b', 0), span('b', 'a', 1)] }).map(({ span: { spanId } }) => spanId)).toEqual([
    'a',
    'b',
  ])
})

it('escapes what spans are called', () => {
  const { text } = waterfall({ spans: [{ ...span('a', undefined, 0), name: '<img onerror=x>' }] })
  expect(text).not.toContain('<img')
})
