import { describe, expect, it } from 'vitest'
import type { PartState, Sample } from '../model/state.ts'
import { memberChangesOf, rebalanceBandsOf, rebalancesOf, standstillsOf } from './chart/marks.ts'
import { closed, linePath, nearest, niceTicks, runs, stepPath, thinned, timeTicks, xOf, yOf } from './chart/scales.ts'
import { beginningOf, joined, lastMinutes, withRecorded } from './history-view.ts'
import { pathOf, routeOf } from './route.ts'
import type { Route } from './route.ts'
import { amountText, partSentence, waitText } from './words.ts'

describe('an address', () => {
  it('leads to its view, with any characters in names', () => {
    const pipeline = 'default/shop'
    const routes: Route[] = [
      { view: 'pipeline', pipeline },
      { view: 'scaling', pipeline, part: 'pay ment/2', minutes: 10 },
      { view: 'scaling', pipeline, minutes: 30 },
      { view: 'scaling', pipeline, part: 'payment', minutes: 1_440 },
      { view: 'orders', pipeline },
      { view: 'orders', pipeline, id: 'a?b#c' },
      { view: 'stock', pipeline },
      { view: 'stock', pipeline, sku: 'A&B' },
      { view: 'orders', pipeline, customer: 'a b&c=d@e' },
      { view: 'dead-letters', pipeline },
      { view: 'dead-letters', pipeline, filter: { stage: 'payment', state: 'parked', text: 'a b' } },
      { view: 'try', pipeline },
      { view: 'what-if', pipeline },
      { view: 'what-if', pipeline, question: { ordersPerSecond: 0.5, minutes: 3, burst: 8_000, stage: 'pay&ment' } },
      {
        view: 'what-if',
        pipeline,
        question: { ordersPerSecond: 200, minutes: 10, burst: 0, stage: 'payment', maxReplicas: 150 },
      },
      {
        view: 'what-if',
        pipeline,
        question: { ordersPerSecond: 0, minutes: 10, trace: 'at,rate\n0,5/s\n1m,0', burst: 0, stage: 'payment' },
      },
      { view: 'home' },
    ]
    for (const route of routes) {
      const { pathname, search } = new URL(pathOf(route), 'http://x')
      expect(routeOf(pathname, search)).toEqual(route)
    }
  })
  it('of another page is unknown, and an invalid range is the default one', () => {
    expect(routeOf('/elsewhere').view).toBe('unknown')
    expect(routeOf('/pipelines/a/b/c').view).toBe('unknown')
    expect(routeOf('/pipelines/a/b/what-if', '?rate=many')).toEqual({ view: 'what-if', pipeline: 'a/b' })
    expect(routeOf('/pipelines/a/b/scaling/p', '?minutes=7')).toMatchObject({ minutes: 30 })
  })
})

const frame = { left: 50, top: 10, width: 100, height: 50, from: 0, to: 100_000, most: 10 }
function sample(at: number, lag: number | null, desired = 5): Sample {
  return { at, lag, wanted: desired, ready: 5 }
}

describe('a chart', () => {
  it('has round marks, also for zero and for a million', () => {
    expect(niceTicks(0)).toEqual([0, 1])
    expect(niceTicks(100)).toEqual([0, 50, 100])
    expect(niceTicks(37)).toEqual([0, 10, 20, 30, 40])
    expect(niceTicks(1_234_567).at(-1)).toBe(1_500_000)
    expect(timeTicks(30_000, 10 * 60_000, 4)).toEqual([300_000, 600_000])
    expect(timeTicks(0, 24 * 3_600_000, 7).map((at) => at / 3_600_000)).toEqual([0, 4, 8, 12, 16, 20, 24])
  })
  it('draws figures at their place, and those outside at the edge', () => {
    expect([xOf(frame, 50_000), yOf(frame, 5)]).toEqual([100, 35])
    expect([xOf(frame, -9), xOf(frame, 1e9)]).toEqual([50, 150])
  })
  it('interrupts a line without a figure or an observation', () => {
    const samples = [sample(0, 1), sample(5_000, null), sample(10_000, 2), sample(15_000, 3), sample(90_000, 4)]
    expect(runs(samples, ({ lag }) => lag).map((run) => run.map(({ value }) => value))).toEqual([[1], [2, 3], [4]])
    expect(runs([], ({ lag }) => lag)).toEqual([])
  })
  it('interrupts what Prometheus has where a sample is missing, and not between two', () => {
    const samples = [0, 30_000, 60_000, 120_000].map((at) => sample(at, 1))
    expect(runs(samples, ({ lag }) => lag, 45_000).map((run) => run.length)).toEqual([3, 1])
    const standing = samples.map((one) => ({ ...one, standing: true as const }))
    expect(standstillsOf(standing, 45_000)).toEqual([
      { from: 0, to: 60_000 },
      { from: 120_000, to: 120_000 },
    ])
  })
  it('marks each rebalance that was counted, with a band and an entry for long ones', () => {
    const seconds = [undefined, 8, 6, undefined, 2, 12]
    const samples = seconds.map((rebalanceSeconds, index) => ({
      ...sample(index * 30_000, 1),
      ...(rebalanceSeconds === undefined ? {} : { rebalanceSeconds }),
    }))
    expect(memberChangesOf(samples, 45_000)).toEqual([30_000, 60_000, 120_000, 150_000])
    expect(rebalanceBandsOf(samples).map(({ from, to }) => to - from)).toEqual([8_000, 6_000, 12_000])
    expect(rebalancesOf(samples, 45_000)).toEqual([
      { at: 60_000, seconds: 8 },
      { at: 150_000, seconds: 12 },
    ])
  })
  it('marks the times of a standstill, and when replicas joined or left', () => {
    const still = { standing: true as const }
    const samples = [
      sample(0, 1),
      { ...sample(5_000, 9), ...still },
      { ...sample(10_000, 9), ...still },
      sample(15_000, 0),
    ]
    expect(standstillsOf(samples)).toEqual([{ from: 5_000, to: 15_000 }])
    expect(standstillsOf(samples.slice(0, 3))).toEqual([{ from: 5_000, to: 10_000 }])
    expect(standstillsOf([...samples.slice(0, 2), sample(90_000, 0)])).toEqual([{ from: 5_000, to: 5_000 }])
    const joined = [
      sample(0, 1),
      { ...sample(5_000, 1), ready: 8 },
      { ...sample(10_000, 1), ready: 8 },
      sample(90_000, 1),
    ]
    expect(memberChangesOf(joined)).toEqual([5_000])
  })
  it('draws lag as a line and replicas as steps, closed at the bottom', () => {
    const [run = []] = runs([sample(0, 0), sample(20_000, 10)], ({ lag }) => lag)
    expect(linePath(frame, run)).toBe('M50 60L70 10')
    expect(stepPath(frame, run)).toBe('M50 60H70V10')
    expect(closed(frame, run, stepPath(frame, run))).toBe('M50 60H70V10V60H50Z')
    expect(closed(frame, [], '')).toBe('')
  })
  it('reads the nearest figure, and a few of many', () => {
    expect(nearest([sample(0, 1), sample(9, 2)], 7)?.lag).toBe(2)
    expect(nearest([], 7)).toBeUndefined()
    expect(thinned([1, 2, 3, 4, 5], 3)).toEqual([1, 3, 5])
  })
})

describe('the history on the page', () => {
  it('continues with each sample of the stream once, of its own pipeline', () => {
    const scaling = { pipeline: 'a/b', part: 'p', at: 5, from: 1, to: 2, reasons: [] }
    const change = {
      ...{ at: 5, pipelines: [], gone: [] },
      samples: { 'a/b': { p: sample(5, 1) }, 'a/other': { p: sample(5, 9) } },
      scalings: [scaling, { ...scaling, pipeline: 'a/other' }],
    }
    const once = withRecorded({}, 'a/b', change)
    expect(once['p']).toMatchObject({ samples: [{ at: 5, lag: 1 }], scalings: [{ from: 1, to: 2 }] })
    expect(withRecorded(once, 'a/b', change)).toEqual(once)
  })
  it('continues what Prometheus has with the samples since, and takes its own changes with their reasons', () => {
    const scaling = (at: number, code: string) => ({ at, from: 1, to: 2, reasons: [{ code, text: '' }] })
    const long = { samples: [sample(10, 1), sample(40, 2)], scalings: [scaling(10, 'old'), scaling(40, 'twice')] }
    const own = { samples: [sample(30, 3), sample(45, 4)], scalings: [scaling(39, 'Lag')] }
    const { samples, scalings } = joined(long, own)
    expect(samples.map(({ at }) => at)).toEqual([10, 40, 45])
    expect(scalings.map(({ reasons: [reason] }) => reason?.code)).toEqual(['old', 'Lag'])
    expect(joined(long, { samples: [], scalings: [] })).toEqual(long)
  })
  it('shows the last minutes and the sample before', () => {
    const samples = [0, 60_000, 120_000, 180_000].map((at) => sample(at, 1))
    expect(lastMinutes(samples, 1, 190_000).map(({ at }) => at)).toEqual([120_000, 180_000])
    expect(lastMinutes(samples, 1, 10_000_000)).toHaveLength(1)
    expect(lastMinutes([], 1, 0)).toEqual([])
  })
  it('begins with the first sample where that is later, and shows ten minutes at least', () => {
    const minute = 60_000
    const now = 200 * minute
    const minutesOf = (minutes: number) => (now - beginningOf([sample(now - 15 * minute, 1)], minutes, now)) / minute
    expect([30, 10, 1].map(minutesOf)).toEqual([15, 10, 1])
    expect(beginningOf([sample(now - minute, 1)], 30, now)).toBe(now - 10 * minute)
    expect(beginningOf([], 30, now)).toBe(now - 30 * minute)
  })
})

describe('the text of a stage', () => {
  const part: PartState = {
    ...{ name: 'payment', kind: 'stage', policy: 'Lag', ready: 37, replicas: 37, wanted: 40, min: 5, max: 100 },
    ...{ lag: 1_234, waitSeconds: 125, standing: false, trend: 'growing', consumes: [], emits: [], reasons: [] },
  }
  it('is one sentence for a screen reader', () => {
    expect(partSentence(part, true)).toBe(
      'payment, the bottleneck, 1,234 messages waiting, wait 2m05s, growing, 37 of 40 wanted replicas ready, 5 to 100 allowed',
    )
  })
  it('has no invented figures', () => {
    const { lag: _lag, waitSeconds: _wait, trend: _trend, ...blank } = part
    expect(waitText(blank)).toBe('–')
    expect(partSentence(blank, false)).toContain('lag not known')
    expect(waitText({ ...blank, lag: 3, standing: true })).toBe('standing still')
  })
  it('has amounts in their own currency, and without a symbol for an unknown one', () => {
    expect(amountText(1_999, 'EUR')).toBe('€19.99')
    expect(amountText(1_999, 'JPY')).toBe('¥1,999')
    expect(amountText(5, 'nonsense')).toBe('5 nonsense')
  })
})
