import { describe, expect, it } from 'vitest'
import { fetchSpacing, usualSpacing } from './fetch-spacing.ts'

/** So many messages a second, one at a time, until the estimate has settled. */
function spacingAt(perSecond: number): number {
  let now = 0
  const spacing = fetchSpacing(usualSpacing, () => now)
  for (let count = 0; count < perSecond * 30; count++) {
    now += 1_000 / perSecond
    spacing.recordResult(1, false)
  }
  return spacing.ms
}

describe('the time between two fetches', () => {
  it('is short for few messages, grows with their rate, and has a bound', () => {
    expect(spacingAt(2)).toBe(50)
    expect(spacingAt(10)).toBeGreaterThan(100)
    expect(spacingAt(10)).toBeLessThan(160)
    expect(spacingAt(500)).toBe(250)
  })

  it('is short again after a lull', () => {
    let now = 0
    const spacing = fetchSpacing(usualSpacing, () => now)
    spacing.recordResult(1_000, false)
    expect(spacing.ms).toBe(250)
    now += 60_000
    expect(spacing.ms).toBe(50)
  })

  it('is zero while the broker holds more messages of any partition', () => {
    const spacing = fetchSpacing(usualSpacing, () => 0)
    spacing.recordResult(1_000, true)
    spacing.recordResult(1, false)
    expect(spacing.ms).toBe(0)
    spacing.fetching()
    spacing.recordResult(1_000, false)
    expect(spacing.ms).toBe(250)
  })

  it('uses the bounds of background work where no caller waits', () => {
    let now = 0
    const spacing = fetchSpacing({ leastMs: 250, mostMs: 1_000, fullRate: 20 }, () => now)
    spacing.recordResult(1, false)
    expect(spacing.ms).toBe(250)
    for (; now < 30_000; now += 10) spacing.recordResult(1, false)
    expect(spacing.ms).toBe(1_000)
  })
})
