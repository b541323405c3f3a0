import { describe, expect, it } from 'vitest'
import { area, columnsOf, timeAxis } from './area.ts'

describe('an area chart', () => {
  it('keeps the peak of samples that share a column, and stretches a short series', () => {
    expect(columnsOf([1, 9, 2, 3], 2)).toEqual([9, 3])
    expect(columnsOf([1, 2], 4)).toEqual([1, 1, 2, 2])
  })

  it('rises from the lowest line by eighths', () => {
    expect(area([0, 4, 8, 12, 16], { height: 2, top: 16 })).toEqual(['   ▄█', ' ▄███'])
  })

  it('shows the smallest value above 0', () => {
    expect(area([0, 1], { height: 1, top: 1_000 })).toEqual([' ▁'])
    expect(area([0, 0], { height: 1, top: 0 })).toEqual(['  '])
  })

  it('shades the part where the series behind is higher', () => {
    expect(area([2, 16, 0], { height: 2, top: 16, behind: [16, 16, 0] })).toEqual(['░█ ', '▂█ '])
  })

  it('marks as many times as fit', () => {
    const text = (seconds: number) => `${seconds}s`
    expect(timeAxis(60, 48, text)).toBe('╵0s         ╵15s        ╵30s        ╵45s')
    expect(timeAxis(0, 40, text)).toBe('╵0s')
  })
})
