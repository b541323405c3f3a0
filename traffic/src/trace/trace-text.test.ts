import { describe, expect, it } from 'vitest'
import { traceIn } from './trace-text.ts'

describe('a trace', () => {
  it('is CSV of orders that arrive from one moment to the next', () => {
    expect(traceIn('at,orders\n0,100\n60,0\n\n# a burst\n1m30s,8000\n')).toEqual([
      { fromMs: 0, toMs: 60_000, orders: 100 },
      { fromMs: 60_000, toMs: 90_000, orders: 0 },
      { fromMs: 90_000, toMs: 120_000, orders: 8_000 },
    ])
  })

  it('is CSV of rates that begins with the first of its times of day', () => {
    const text = 'at,rate\r\n2026-01-31T12:00:00Z,600/min\r\n2026-01-31T12:01:00Z,0\r\n'
    expect(traceIn(text)).toEqual([
      { fromMs: 0, toMs: 60_000, orders: 600 },
      { fromMs: 60_000, toMs: 120_000, orders: 0 },
    ])
  })

  it('is a JSON array of the same', () => {
    expect(traceIn('[{"at": 0, "rate": "10/s"}, {"at": "30s", "orders": 5}]')).toEqual([
      { fromMs: 0, toMs: 30_000, orders: 300 },
      { fromMs: 30_000, toMs: 60_000, orders: 5 },
    ])
  })

  it('is the generator’s record with a line for each accepted order', () => {
    const line = (at: string) => JSON.stringify({ orderId: 'o', customerId: 'c', at })
    const text = `${line('2026-01-31T12:00:00.000Z')}\n${line('2026-01-31T12:00:00.250Z')}\n${line('2026-01-31T12:00:01.000Z')}`
    const trace = traceIn(text)
    expect(trace.map(({ orders }) => orders)).toEqual([1, 1, 1])
    expect(trace.map(({ fromMs }) => fromMs)).toEqual([0, 250, 1_000])
  })

  it.each([
    ['', /found nothing/],
    ['time,orders\n0,1', /line 1: found "time,orders"; allowed: at,orders or at,rate/],
    ['at,orders\n0,many', /line 2\.orders: found "many"; allowed: a whole number/],
    ['at,orders\n0', /line 2: found "0"; allowed: 2 values/],
    ['at,orders\n10,1\n5,1', /line 3\.at: found "5"; allowed: no earlier than the one before it, 10/],
    ['at,orders\nsoon,1', /line 2\.at: found "soon"; allowed: seconds, a time such as 1m30s/],
    ['at,rate\n0,fast', /line 2\.rate: found "fast"; allowed: such as 10000\/min/],
    ['[{"at": 0}]', /\[0\]: found "neither"; allowed: either orders or rate/],
    ['[{"orders": 1}]', /\[0\]: found .*allowed: \{"at"/],
    ['{"at": 1', /line 1 is not JSON/],
    ['{"at":[[1]]}', /line 1: found "\{\\"at\\":\\"…\\"\}"; allowed: \{"at"/],
  ])('refuses %j with the allowed values', (text, message) => {
    expect(() => traceIn(text)).toThrow(message)
  })
})

it('refuses a line nested 20,000 levels deep by its number', () => {
  const text = `{"at": ${'['.repeat(20_000)}${']'.repeat(20_000)}}`
  expect(() => traceIn(text)).toThrow(/^line 1: found .*; allowed: \{"at"/)
})
