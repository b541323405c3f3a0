import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { noProcessorWait, saturationOf, withWaitSample } from './processor-wait.ts'
import type { ProcessorWait } from './processor-wait.ts'

function rate(perSecond: number, measuredAt: number) {
  return { perSecond, measuredAt }
}

/** A sample every two seconds, from `from` on. */
function after(shares: readonly (number | undefined)[], before: ProcessorWait = noProcessorWait, from = 0) {
  return shares.reduce<ProcessorWait>(
    (wait, share, index) => withWaitSample(wait, { at: (from + 2 * index) * 1_000, share }, {}),
    before,
  )
}
function times(count: number, share: number): number[] {
  return Array<number>(count).fill(share)
}

describe('the processors of a stage', () => {
  it('are saturated with the first sample in which its replicas wait for a fifth of their time', () => {
    expect(after([0.19]).saturated).toBe(false)
    expect(after([0.2]).saturated).toBe(true)
    expect(after([0, 0.1, 0.6]).saturated).toBe(true)
    expect(after([0, 0.1, 0.4]).saturated).toBe(false)
  })

  it('stay saturated until replicas have waited for less than a tenth of the last half minute', () => {
    const saturated = after(times(5, 0.4))
    expect(after(times(5, 0), saturated, 10).saturated).toBe(true)
    expect(after(times(12, 0.11), saturated, 10).saturated).toBe(true)
    expect(after(times(13, 0), saturated, 10).saturated).toBe(false)
  })

  it('are not known to be saturated half a minute after the last word of a replica', () => {
    const saturated = after(times(5, 0.4))
    expect(after(Array<undefined>(10).fill(undefined), saturated, 10).saturated).toBe(true)
    expect(after(Array<undefined>(15).fill(undefined), saturated, 10)).toMatchObject({
      saturated: false,
      samples: [],
    })
  })

  it('keep few samples, whatever comes', () => {
    const shares = fc.array(fc.option(fc.double({ min: 0, max: 1, noNaN: true }), { nil: undefined }), {
      maxLength: 99,
    })
    fc.assert(
      fc.property(shares, (all) => {
        expect(after(all).samples.length).toBeLessThanOrEqual(15)
      }),
    )
  })
})

describe('the saturation of a stage', () => {
  const saturated = after(times(5, 0.4))

  it('compares with the rate that was measured without waiting, or with the declared one', () => {
    expect(saturationOf(saturated, 30, 100)).toEqual({ freePerSecond: 100, waitShare: expect.closeTo(0.4) as number })
    const measured = withWaitSample(noProcessorWait, { at: 0, share: 0.05 }, rate(60, 0))
    expect(saturationOf(after(times(5, 0.4), measured, 2), 30, 100)?.freePerSecond).toBe(60)
  })

  it('does not take a rate for free of waiting that was measured while replicas waited, or before', () => {
    expect(withWaitSample(noProcessorWait, { at: 9, share: 0.15 }, rate(60, 9))).not.toHaveProperty('freePerSecond')
    expect(withWaitSample(noProcessorWait, { at: 9, share: 0 }, rate(60, 8))).not.toHaveProperty('freePerSecond')
    expect(withWaitSample(saturated, { at: 20_000, share: 0 }, rate(60, 20_000))).not.toHaveProperty('freePerSecond')
  })

  it('is none where replicas are about as fast as without waiting: what they wait for is a call', () => {
    expect(saturationOf(saturated, 80, 100)).toBeUndefined()
    expect(saturationOf(after([0.1]), 30, 100)).toBeUndefined()
  })

  it('is none where replicas are slower than waiting explains: their messages take longer than before', () => {
    expect(saturationOf(saturated, 13, 100)).toBeDefined()
    expect(saturationOf(saturated, 11, 100)).toBeUndefined()
  })

  it('explains any slowness of a stage that calls no other system, as long as nothing else is said', () => {
    const local = withWaitSample(saturated, { at: 12_000, share: 0.6, local: true }, {})
    expect(saturationOf(local, 1, 100)).toBeDefined()
    expect(saturationOf(withWaitSample(local, { at: 14_000, share: 0.6 }, {}), 1, 100)).toBeDefined()
    const calling = withWaitSample(local, { at: 14_000, share: 0.6, local: false }, {})
    expect(saturationOf(calling, 1, 100)).toBeUndefined()
    expect(saturationOf(local, 80, 100)).toBeUndefined()
  })
})
