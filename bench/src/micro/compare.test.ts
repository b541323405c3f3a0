import { describe, expect, it } from 'vitest'
import { compareCases, comparisonRows, figureRows, summaryOf } from './compare.ts'
import type { Pair } from './compare.ts'

const steady = [100, 101, 102, 103, 104]

function pairsOf(name: string, here: readonly number[], before: readonly number[]): Pair[] {
  return here.map((perSecond, index) => ({
    here: [{ name, perSecond }],
    before: [before[index]].flatMap((figure) => (figure === undefined ? [] : [{ name, perSecond: figure }])),
  }))
}

function verdictOf(here: readonly number[], before: readonly number[]) {
  return compareCases(['a'], pairsOf('a', here, before))[0]?.verdict
}

describe('a case', () => {
  it('is slower where its fastest run here is slower than the slowest one before', () => {
    expect(verdictOf([80, 81, 82, 90, 99], steady)).toBe('slower')
  })

  it('is faster the other way round', () => {
    expect(verdictOf(steady, [80, 81, 82, 90, 99])).toBe('faster')
  })

  it('is neither where a single run here is as fast as the slowest one before', () => {
    expect(verdictOf([50, 51, 52, 53, 100], steady)).toBe('')
  })

  it('is neither where the runs of a noisy machine are far apart, however different the medians are', () => {
    expect(verdictOf([40, 60, 60, 60, 120], [60, 100, 100, 100, 140])).toBe('')
  })

  it('is neither where the difference is too small to come from its code', () => {
    expect(verdictOf([96.5, 96.5, 97, 97, 97], [100, 100, 100, 100, 100])).toBe('')
  })

  it('is neither with so few pairs that chance alone names one', () => {
    expect(verdictOf([10, 10, 10, 10], [100, 100, 100, 100])).toBe('')
    expect(summaryOf([], 4)).toEqual(['no case is called slower or faster: that takes 5 runs or more'])
  })

  it('has the ratio within each pair, which other load of the machine leaves as it is', () => {
    const [compared] = compareCases(['a'], pairsOf('a', [50, 100, 10], [100, 200, 20]))
    expect(compared).toEqual({
      name: 'a',
      here: { median: 50, min: 10, max: 100 },
      before: { median: 100, min: 20, max: 200 },
      ratio: { median: 0.5, min: 0.5, max: 0.5 },
      verdict: '',
    })
  })
})

it('gives the figure here of a case that the other commit does not have, or that fails there', () => {
  const absences = new Map([
    ['a', { verdict: 'new', reason: 'there is no x' } as const],
    ['b', { verdict: 'fails before', reason: 'x is not a function' } as const],
  ])
  const here = ['a', 'b'].map((name) => ({ name, perSecond: 1_234 }))
  const comparisons = compareCases(['a', 'b'], [{ here, before: [] }], absences)
  expect(comparisons.map(({ name, verdict }) => [name, verdict])).toEqual([
    ['a', 'new'],
    ['b', 'fails before'],
  ])
  expect(comparisonRows(comparisons)[0]).toEqual({
    case: 'a',
    'here/s': 1_230,
    'here, least to most': '1,230 – 1,230',
    'before/s': '',
    'before, least to most': '',
    'here / before': '',
    'in the pairs': '',
    verdict: 'new',
  })
})

it('names the slower and the faster cases, or says that there is none', () => {
  const comparison = { here: { median: 1, min: 1, max: 1 } }
  expect(
    summaryOf(
      [
        { ...comparison, name: 'a', verdict: 'slower' },
        { ...comparison, name: 'b', verdict: '' },
        { ...comparison, name: 'c', verdict: 'slower' },
      ],
      5,
    ),
  ).toEqual(['slower beyond the whole spread: a; c'])
  expect(summaryOf([{ ...comparison, name: 'b', verdict: '' }], 5)).toEqual([
    'no case is slower or faster beyond the whole spread',
  ])
})

it('shows the median of the runs with the least and the most, to three digits', () => {
  const runs = [1_234_567, 1_111_111, 1_999_999].map((perSecond) => [{ name: 'a', perSecond }])
  expect(figureRows(['a'], runs)).toEqual([
    { case: 'a', 'operations/s': 1_230_000, 'least to most': '1,110,000 – 2,000,000' },
  ])
})
