import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { workQueue } from './work-queue.ts'

const clock = { now: Date.now, random: () => 1 }
const settings = { firstBackoffMs: 100, lastBackoffMs: 1000 }

describe('the work queue', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('hands out a key once, however often it was added', async () => {
    const queue = workQueue(clock, settings)
    for (const key of ['a', 'a', 'b', 'a']) queue.add(key)
    expect([(await queue.next())?.key, (await queue.next())?.key, queue.depth()]).toEqual(['a', 'b', 0])
  })

  it('gives a key that is being worked on to nobody else, and once more afterwards', async () => {
    const queue = workQueue(clock, settings)
    queue.add('a')
    await queue.next()
    queue.add('a')
    queue.add('b')
    expect((await queue.next())?.key).toBe('b')
    expect(queue.depth()).toBe(0)
    queue.done('a')
    expect((await queue.next())?.key).toBe('a')
  })

  it('waits longer with each retry, up to the last, and not after success', () => {
    const queue = workQueue(clock, settings)
    const waits = (key: string): number => {
      queue.retry(key)
      const before = Date.now()
      vi.advanceTimersToNextTimer()
      void queue.next()
      queue.done(key)
      return Date.now() - before
    }
    expect([1, 2, 3, 4, 5, 6].map(() => waits('a'))).toEqual([100, 200, 400, 800, 1000, 1000])
    queue.forget('a')
    expect(waits('a')).toBe(100)
  })

  it('keeps the sooner of two delays', () => {
    const queue = workQueue(clock, settings)
    queue.addAfter('a', 500)
    queue.addAfter('a', 100)
    queue.addAfter('a', 900)
    vi.advanceTimersByTime(100)
    expect(queue.depth()).toBe(1)
  })

  it('hands out nothing once closed', async () => {
    const queue = workQueue(clock, settings)
    const waiting = queue.next()
    queue.close()
    queue.add('a')
    expect([await waiting, await queue.next()]).toEqual([undefined, undefined])
  })
})
