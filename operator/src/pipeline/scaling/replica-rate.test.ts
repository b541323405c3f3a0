import { describe, expect, it } from 'vitest'
import { unmeasured, withRateSample } from './replica-rate.ts'
import type { RateSample } from './replica-rate.ts'

/** A sample every five seconds; `each` gives its other fields. */
function after(count: number, each: (index: number) => Omit<RateSample, 'at'>, from = unmeasured, at = 0) {
  return Array.from({ length: count }, (_, index) => ({ at: at + index * 5_000, ...each(index) })).reduce(
    (rate, sample) => withRateSample(rate, sample, 10),
    from,
  )
}
/** Five members, each of which handles two messages a second, behind a deep backlog. */
function behind(index: number) {
  return { members: 5, handled: index * 50, lag: 5_000 }
}

describe('the rate of a busy replica', () => {
  it('is unknown before fifteen busy seconds', () => {
    expect(after(3, behind).perSecond).toBeUndefined()
    expect(after(4, behind).perSecond).toBe(2)
  })

  it('is not measured on a stage that keeps up', () => {
    expect(after(20, (index) => ({ members: 5, handled: index * 50, lag: 30 })).perSecond).toBeUndefined()
  })

  it('does not count the pause of a rebalance', () => {
    const rate = after(4, behind)
    const stood = withRateSample(rate, { at: 20_000, members: 6, handled: 150, lag: 5_100 }, 10)
    expect(stood.perSecond).toBe(2)
    expect(after(4, (index) => ({ ...behind(index), handled: 150 + index * 50 }), stood, 25_000).perSecond).toBe(2)
  })

  it('counts samples without a finished message if messages take longer than the interval', () => {
    // Ten messages in flight at five members, started together: fifty end every 3 s, and a sample
    // every 2 s misses them a third of the time.
    let rate = unmeasured
    for (let second = 0; second <= 60; second += 2)
      rate = withRateSample(
        rate,
        { at: second * 1_000, members: 5, handled: Math.floor(second / 3) * 50, lag: 5_000 },
        10,
      )
    expect(rate.perSecond).toBeGreaterThan(3.1)
    expect(rate.perSecond).toBeLessThan(3.6)
  })

  it('follows a replica that has become slower', () => {
    const rate = after(4, behind)
    const slower = after(7, (index) => ({ members: 5, handled: 150 + index * 25, lag: 5_000 }), rate, 20_000)
    expect(slower.perSecond).toBe(1)
  })

  it('rises again if the stage keeps up with messages that are shorter than measured', () => {
    const rate = after(4, behind)
    // A hundred messages a second with five of them in flight: each takes 0.05 s.
    const quick = after(9, (index) => ({ members: 50, handled: 150 + index * 500, lag: 5 }), rate, 20_000)
    expect(quick.perSecond).toBeCloseTo(200, 0)
  })

  it('starts again if the count of handled messages decreases', () => {
    const rate = after(4, behind)
    expect(withRateSample(rate, { at: 20_000, members: 5, handled: 0, lag: 5_000 }, 10).perSecond).toBe(2)
  })
})
