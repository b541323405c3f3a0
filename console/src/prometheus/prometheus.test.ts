// What does a longer history consist of, and how often is it read?
import { CommandError } from '@orderpipeline/client'
import { describe, expect, it } from 'vitest'
import { longRanges } from '../model/long-range.ts'
import type { LongRange } from '../model/long-range.ts'
import { longHistories } from './long-histories.ts'
import { partHistories } from './part-histories.ts'
import type { FigureValues, Values } from './part-histories.ts'
import { rangeQueries } from './range-queries.ts'
import { isPrometheusUrl } from './range-reader.ts'
import type { RangeReader, TimeRange } from './range-reader.ts'

const [sixHours, day] = longRanges as [LongRange, LongRange]
const pipeline = { namespace: 'default', name: 'shop' }
const stepMs = 30_000

function values(...list: readonly (readonly [step: number, value: number])[]): ReadonlyMap<string, Values> {
  return new Map([['payment', new Map(list.map(([step, value]) => [step * stepMs, value]))]])
}

describe('the queries', () => {
  it('are over the time of a step and a minute at least, and a scrape longer for counters', () => {
    const windows = (range: LongRange) =>
      new Set(rangeQueries(pipeline, range).flatMap(({ expr }) => expr.match(/\[[^\]]+\]/g) ?? []))
    expect([...windows(sixHours)]).toEqual(['[60s]', '[90s]'])
    expect([...windows(day)]).toEqual(['[120s]', '[180s]'])
  })
  it('select one pipeline, whatever its name contains', () => {
    for (const { expr } of rangeQueries({ namespace: 'a"} or x', name: 'b\\' }, day))
      expect(expr).toContain('{namespace="a\\"} or x",')
  })
  it('have as many samples as a picture has pixels', () => {
    for (const { minutes, stepMs: step } of longRanges) expect((minutes * 60_000) / step).toBe(720)
  })
})

describe('the history of a part', () => {
  const figures: FigureValues = {
    wanted: values([2, 5], [1, 5], [3, 100], [9, 5]),
    ready: values([1, 5], [2, 5], [3, 8], [9, 5]),
    lag: values([1, 0], [2, 700], [3, 900]),
    standing: values([2, 700]),
    rebalanceSeconds: values([3, 6.2491]),
  }
  const history = partHistories(figures, stepMs).get('payment')

  it('has a sample for each time with replicas, in order, and no figure that is not known', () => {
    expect(history?.samples).toEqual([
      { at: 30_000, lag: 0, wanted: 5, ready: 5 },
      { at: 60_000, lag: 700, wanted: 5, ready: 5, standing: true },
      { at: 90_000, lag: 900, wanted: 100, ready: 8, rebalanceSeconds: 6.2 },
      { at: 270_000, lag: null, wanted: 5, ready: 5 },
    ])
  })
  it('has the changes of the desired replicas, but none over a gap', () => {
    expect(history?.scalings).toEqual([{ at: 90_000, from: 5, to: 100, reasons: [] }])
  })
  it('is absent for a part without replicas', () => {
    expect(partHistories(figures, stepMs).get('orders')).toBeUndefined()
  })
})

describe('a longer history', () => {
  /** Counts what is read, at a time that the test sets. */
  function counted(answer: (range: TimeRange) => Promise<ReadonlyMap<string, Values>>) {
    const bench = { at: 1_000_000_000, reads: [] as TimeRange[] }
    const read: RangeReader = (_expr, _label, range) => {
      bench.reads.push(range)
      return answer(range)
    }
    return { bench, long: longHistories(read, () => bench.at) }
  }
  const fiveReplicas = ({ to }: TimeRange) => Promise.resolve(new Map([['payment', new Map([[to, 5]])]]))
  const queries = rangeQueries(pipeline, day).length

  it('is read once for fifty viewers and all stages, and again when its next sample is due', async () => {
    const { bench, long } = counted(fiveReplicas)
    await Promise.all(Array.from({ length: 50 }, () => long(pipeline, 'payment', sixHours)))
    await long(pipeline, 'orders', sixHours)
    expect(bench.reads).toHaveLength(queries)
    expect(bench.reads[0]).toEqual({ from: 999_990_000 - 21_600_000, to: 999_990_000, stepMs: 30_000 })
    bench.at = 1_000_019_999
    await long(pipeline, 'payment', sixHours)
    expect(bench.reads).toHaveLength(queries)
    bench.at = 1_000_020_000
    expect(await long(pipeline, 'payment', sixHours)).toMatchObject({ history: { samples: [{ at: 1_000_020_000 }] } })
    expect(bench.reads).toHaveLength(2 * queries)
  })

  it('says why there is none, and asks a Prometheus that is away every ten seconds at most', async () => {
    const { bench, long } = counted(() => Promise.reject(new CommandError('Prometheus does not answer.')))
    for (let viewer = 0; viewer < 50; viewer += 1)
      expect(await long(pipeline, 'payment', day)).toEqual({ trouble: 'Prometheus does not answer.' })
    expect(bench.reads).toHaveLength(queries)
    bench.at += 10_000
    await long(pipeline, 'payment', day)
    expect(bench.reads).toHaveLength(2 * queries)
  })

  it('says that Prometheus has nothing of a stage', async () => {
    const { long } = counted(fiveReplicas)
    expect(await long(pipeline, 'none', day)).toMatchObject({
      trouble: expect.stringContaining('no replicas of none') as string,
    })
  })

  it('is read for four pipelines at once, and no more', async () => {
    const release = Promise.withResolvers<ReadonlyMap<string, Values>>()
    const { bench, long } = counted(() => release.promise)
    const answers = Array.from({ length: 6 }, (_, index) =>
      long({ ...pipeline, name: `shop-${index}` }, 'payment', day),
    )
    expect(await Promise.all(answers.slice(4))).toEqual(
      Array.from({ length: 2 }, () => ({ trouble: expect.stringContaining('other pages') as string })),
    )
    expect(bench.reads).toHaveLength(4 * queries)
    release.resolve(new Map())
    await Promise.all(answers)
  })
})

it('an address of a Prometheus may have a path, and no password', () => {
  expect(['http://127.0.0.1:9090', 'https://mimir.example.com/prometheus/'].every(isPrometheusUrl)).toBe(true)
  expect(
    ['prometheus:9090', 'http://a:b@prometheus', 'http://prometheus/?x=1', 'file:///x'].some(isPrometheusUrl),
  ).toBe(false)
})
