import { describe, expect, it } from 'vitest'
import { restartAfter } from './restart-policy.ts'

describe('a process that has ended', () => {
  const now = 1_000_000

  it('is restarted soon, then with longer and longer delays', () => {
    expect(restartAfter([now], now, 0.5)).toEqual({ afterMs: 375 })
    expect(restartAfter([now - 2, now - 1, now], now, 0.5)).toEqual({ afterMs: 1500 })
  })

  it('gets a delay with jitter, so that several do not restart together', () => {
    expect(restartAfter([now], now, 0)).toEqual({ afterMs: 250 })
    expect(restartAfter([now], now, 1)).toEqual({ afterMs: 500 })
  })

  it('is not restarted after it has ended too often', () => {
    expect(restartAfter(Array<number>(8).fill(now), now, 0.5)).toBe('give-up')
  })

  it('is not counted for ends of long ago', () => {
    expect(restartAfter([...Array<number>(20).fill(now - 400_000), now], now, 0.5)).toEqual({ afterMs: 375 })
  })
})
