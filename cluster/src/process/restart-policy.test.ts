import { describe, expect, it } from 'vitest'
import { restartAfter } from './restart-policy.ts'

describe('a process that has died', () => {
  const now = 1_000_000

  it('is started again soon, then less and less eagerly', () => {
    expect(restartAfter([now], now, 0.5)).toEqual({ afterMs: 375 })
    expect(restartAfter([now - 2, now - 1, now], now, 0.5)).toEqual({ afterMs: 1500 })
  })

  it('varies the delay, so that several do not come back in step', () => {
    expect(restartAfter([now], now, 0)).toEqual({ afterMs: 250 })
    expect(restartAfter([now], now, 1)).toEqual({ afterMs: 500 })
  })

  it('is left dead when it keeps dying', () => {
    expect(restartAfter(Array<number>(8).fill(now), now, 0.5)).toBe('give-up')
  })

  it('is not held to account for deaths long ago', () => {
    expect(restartAfter([...Array<number>(20).fill(now - 400_000), now], now, 0.5)).toEqual({ afterMs: 375 })
  })
})
