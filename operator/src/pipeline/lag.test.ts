import { expect, it } from 'vitest'
import { lagFigures, lagSample, withSample, type LagSample } from './lag.ts'

const partition = (committed: number | undefined, high: number, low = 0) => ({ low, high, committed })

it('sums what is not yet consumed, counting all of a partition the group has not committed for', () => {
  expect(lagSample([partition(40, 100), partition(undefined, 50, 20)], 0)).toEqual({ at: 0, lag: 90, consumed: 60 })
})

it('counts nothing that retention has taken, nor less than nothing', () => {
  expect(lagSample([partition(5, 100, 90), partition(101, 100)], 0).lag).toBe(10)
})

it('tells pace and time to drain from two looks', () => {
  expect(
    lagFigures([
      { at: 0, lag: 1000, consumed: 0 },
      { at: 10_000, lag: 900, consumed: 500 },
    ]),
  ).toEqual({
    lag: 900,
    consumedPerSecond: 50,
    secondsToDrain: 18,
  })
})

it('knows only the lag after one look, and no end where nothing moves', () => {
  expect(lagFigures([])).toEqual({})
  expect(lagFigures([{ at: 0, lag: 7, consumed: 0 }])).toEqual({ lag: 7 })
  expect(
    lagFigures([
      { at: 0, lag: 7, consumed: 3 },
      { at: 5000, lag: 9, consumed: 3 },
    ]),
  ).toEqual({ lag: 9, consumedPerSecond: 0 })
})

it('looks back half a minute, and not past a topic that was made again', () => {
  const samples = [0, 10_000, 20_000, 45_000].reduce<readonly LagSample[]>(
    (all, at) => withSample(all, { at, lag: 0, consumed: at }),
    [],
  )
  expect(samples.map(({ at }) => at)).toEqual([20_000, 45_000])
  expect(withSample(samples, { at: 46_000, lag: 0, consumed: 5 })).toEqual([{ at: 46_000, lag: 0, consumed: 5 }])
})
