import { expect, it } from 'vitest'
import { lagFigures, lagSample, withSample } from './lag.ts'
import type { LagSample } from './lag.ts'

function partition(committed: number | undefined, high: number, low = 0) {
  return {
    topic: 'shop.paid',
    low,
    high,
    committed,
  }
}
function sample(at: number, lag: number, consumed: number): LagSample {
  return {
    at,
    lag,
    largestLag: lag / 2,
    consumed,
    written: { 'shop.paid': lag + consumed },
  }
}

it('the lag is the sum of unconsumed messages, all messages of a partition without a commit included', () => {
  expect(lagSample([partition(40, 100), partition(undefined, 50, 20)], 0)).toEqual({
    at: 0,
    lag: 90,
    largestLag: 60,
    lags: { 'shop.paid': 90 },
    consumed: 60,
    written: { 'shop.paid': 150 },
  })
})

it('the lag of each topic is known where there is any', () => {
  const ofPlaced = (committed: number, high: number) => ({ ...partition(committed, high), topic: 'shop.placed' })
  const lagging = lagSample([partition(5, 8), ofPlaced(1, 1), ofPlaced(2, 9)], 0)
  expect(lagging.lags).toEqual({ 'shop.paid': 3, 'shop.placed': 7 })
  expect(lagFigures([lagging])).toMatchObject({ lag: 10, lags: { 'shop.placed': 7 } })
  expect(lagSample([partition(8, 8), ofPlaced(0, 4)], 0).lags).toEqual({ 'shop.placed': 4 })
  expect(lagSample([partition(8, 8)], 0)).not.toHaveProperty('lags')
})

it('the lag does not count messages that retention has deleted, and is never negative', () => {
  expect(lagSample([partition(5, 100, 90), partition(101, 100)], 0).lag).toBe(10)
})

it('the rate and the time to drain follow from two samples', () => {
  expect(lagFigures([sample(0, 1000, 0), sample(10_000, 900, 500)])).toEqual({
    lag: 900,
    largestShare: 0.5,
    arrivedPerSecond: 40,
    arrivals: { 'shop.paid': 40 },
    consumedPerSecond: 50,
    secondsToDrain: 18,
  })
})

it('one sample gives the lag only, and without consumption there is no time to drain', () => {
  expect(lagFigures([])).toEqual({})
  expect(lagFigures([sample(0, 7, 0)])).toEqual({ lag: 7, largestShare: 0.5 })
  const stuck = lagFigures([sample(0, 7, 3), sample(5000, 9, 3)])
  expect(stuck).toMatchObject({ lag: 9, consumedPerSecond: 0 })
  expect(stuck).not.toHaveProperty('secondsToDrain')
})

it('the window is half a minute, and ends at the recreation of a topic', () => {
  const samples = [0, 10_000, 20_000, 45_000].reduce<readonly LagSample[]>(
    (all, at) => withSample(all, sample(at, 0, at)),
    [],
  )
  expect(samples.map(({ at }) => at)).toEqual([20_000, 45_000])
  expect(withSample(samples, sample(46_000, 0, 5))).toEqual([sample(46_000, 0, 5)])
})
