import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { workQueue } from './work-queue.ts'
import type { Priority, QueueItem } from './work-queue.ts'

const clock = { now: () => Date.now(), random: () => 1 } // late bound: fake timers replace Date
const settings = { firstBackoffMs: 100, lastBackoffMs: 1000, editsInARow: 3 }

describe('the work queue', () => {
  beforeEach(() => vi.useFakeTimers())
  afterEach(() => vi.useRealTimers())

  it('returns a key once, for any number of additions', async () => {
    const queue = workQueue(clock, settings)
    for (const key of ['a', 'a', 'b', 'a']) queue.add(key, 'background')
    expect([(await queue.next())?.key, (await queue.next())?.key, queue.depth('background')]).toEqual(['a', 'b', 0])
  })

  it('never gives a key to two workers at once, and returns it again afterwards', async () => {
    const queue = workQueue(clock, settings)
    queue.add('a', 'background')
    await queue.next()
    queue.add('a', 'background')
    queue.add('b', 'background')
    expect((await queue.next())?.key).toBe('b')
    expect(queue.depth('background')).toBe(0)
    queue.done('a')
    expect((await queue.next())?.key).toBe('a')
  })

  it('returns a background key before others after an edit', async () => {
    const queue = workQueue(clock, settings)
    for (const key of ['a', 'b', 'c']) queue.add(key, 'background')
    vi.advanceTimersByTime(70)
    queue.add('c', 'edit')
    vi.advanceTimersByTime(5)
    expect(await queue.next()).toEqual({ key: 'c', priority: 'edit', extent: 'whole', waitedMs: 5 })
    expect(await queue.next()).toEqual({ key: 'a', priority: 'background', extent: 'whole', waitedMs: 75 })
  })

  it('hands out a key for its figures alone only where nothing else was asked of it', async () => {
    const queue = workQueue(clock, settings)
    for (const key of ['figures', 'then', 'before', 'edited']) queue.add(key, 'background', 'figures')
    queue.add('then', 'background')
    queue.add('edited', 'edit')
    const extents = []
    for (let count = 0; count < 4; count += 1) {
      const item = await queue.next()
      extents.push([item?.key, item?.extent])
    }
    expect(extents).toEqual([
      ['edited', 'whole'],
      ['figures', 'figures'],
      ['then', 'whole'],
      ['before', 'figures'],
    ])
    queue.add('figures', 'background')
    queue.add('figures', 'background', 'figures')
    queue.done('figures')
    expect(await queue.next()).toMatchObject({ key: 'figures', extent: 'whole' })
  })

  it('keeps the time of the next whole pass, however often figures are asked for sooner', async () => {
    const queue = workQueue(clock, settings)
    queue.addAfter('a', 1000)
    queue.addAfter('a', 10, 'figures')
    vi.advanceTimersByTime(10)
    expect(await queue.next()).toMatchObject({ key: 'a', extent: 'figures' })
    queue.addAfter('a', 500, 'figures')
    queue.done('a')
    vi.advanceTimersByTime(500)
    expect(await queue.next()).toMatchObject({ key: 'a', extent: 'figures' })
    queue.done('a')
    vi.advanceTimersByTime(490)
    expect(await queue.next()).toMatchObject({ key: 'a', extent: 'whole' })
  })

  it('remembers an edit that arrives while the key is being reconciled', async () => {
    const queue = workQueue(clock, settings)
    queue.add('a', 'background')
    await queue.next()
    queue.add('a', 'edit')
    queue.add('a', 'background')
    queue.add('b', 'background')
    queue.done('a')
    expect((await queue.next())?.key).toBe('a')
  })

  it('backs off longer with each retry, up to a limit, and not after a success', () => {
    const queue = workQueue(clock, settings)
    const waits = (key: string): number => {
      queue.retry({ key, priority: 'background' })
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

  it('lets only an edit end a backoff early', () => {
    const queue = workQueue(clock, settings)
    queue.retry({ key: 'a', priority: 'background' }, 5000)
    queue.add('a', 'background')
    queue.addAfter('a', 10)
    vi.advanceTimersByTime(4999)
    expect([queue.depth('background'), queue.depth('edit')]).toEqual([0, 0])
    queue.add('a', 'edit')
    expect(queue.depth('edit')).toBe(1)
  })

  it('keeps the priority of a retry', () => {
    const queue = workQueue(clock, settings)
    queue.retry({ key: 'a', priority: 'edit' })
    vi.advanceTimersByTime(100)
    expect(queue.depth('edit')).toBe(1)
  })

  it('keeps the shorter of two delays', () => {
    const queue = workQueue(clock, settings)
    queue.addAfter('a', 500)
    queue.addAfter('a', 100)
    queue.addAfter('a', 900)
    vi.advanceTimersByTime(100)
    expect(queue.depth('background')).toBe(1)
  })

  it('returns no key after it was closed', async () => {
    const queue = workQueue(clock, settings)
    const waiting = queue.next()
    queue.close()
    queue.add('a', 'edit')
    expect([await waiting, await queue.next()]).toEqual([undefined, undefined])
  })
})

describe('the work queue, with any additions in any order,', () => {
  type Step = { readonly add: string; readonly as: Priority } | 'take' | { readonly done: number }
  const key = fc.constantFrom(...'abcdefgh')
  const steps: fc.Arbitrary<Step[]> = fc.array(
    fc.oneof(
      { weight: 4, arbitrary: fc.record({ add: key, as: fc.constantFrom<Priority>('edit', 'background') }) },
      { weight: 3, arbitrary: fc.constant('take' as const) },
      { weight: 2, arbitrary: fc.record({ done: fc.nat(7) }) },
    ),
    { maxLength: 120 },
  )

  /**
   * Plays the steps against a model: which keys wait in which order, which are in progress, which
   * come again.
   */
  const play = async (sequence: readonly Step[]) => {
    const queue = workQueue({ now: () => 0, random: () => 1 }, settings)
    const waiting: Record<Priority, string[]> = { edit: [], background: [] }
    const [working, again] = [new Set<string>(), new Map<string, Priority>()]
    let row = 0
    const enter = (name: string, as: Priority): void => {
      if (waiting.edit.includes(name) || waiting[as].includes(name)) return
      waiting.background = waiting.background.filter((one) => one !== name)
      waiting[as].push(name)
    }
    const expected = (): Priority | undefined => {
      if (waiting.edit.length + waiting.background.length === 0) return undefined
      const turn = row >= settings.editsInARow && waiting.background.length > 0
      return waiting.edit.length > 0 && !turn ? 'edit' : 'background'
    }
    const take = async (): Promise<void> => {
      const priority = expected()
      if (!priority) return
      const item = (await queue.next()) as QueueItem
      expect(item).toMatchObject({ key: waiting[priority].shift(), priority })
      expect(working.has(item.key)).toBe(false)
      working.add(item.key)
      row = priority === 'edit' ? row + 1 : 0
    }
    const finish = (name: string): void => {
      queue.done(name)
      working.delete(name)
      const as = again.get(name)
      if (as) enter(name, as)
      again.delete(name)
    }
    for (const step of sequence) {
      if (step === 'take') await take()
      else if ('done' in step) {
        const name = [...working][step.done]
        if (name !== undefined) finish(name)
      } else {
        queue.add(step.add, step.as)
        if (!working.has(step.add)) enter(step.add, step.as)
        else if (again.get(step.add) !== 'edit') again.set(step.add, step.as)
      }
      expect([queue.depth('edit'), queue.depth('background')]).toEqual([waiting.edit.length, waiting.background.length])
    }
    for (const name of [...working]) finish(name)
    while (expected()) await take()
    expect([queue.depth('edit'), queue.depth('background')]).toEqual([0, 0])
  }

  it('returns edits first, each key to one worker, and loses none', async () => {
    await fc.assert(fc.asyncProperty(steps, play), { numRuns: 500 })
  })

  it('starves no background key, with any number of edits', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 9 }), async (ahead, editsInARow) => {
        const queue = workQueue({ now: () => 0, random: () => 1 }, { ...settings, editsInARow })
        for (let index = 0; index < ahead; index += 1) queue.add(`background-${index}`, 'background')
        let takes = 0
        for (let reachedLast = false; !reachedLast; takes += 1) {
          queue.add(`edit-${takes}`, 'edit')
          queue.add(`edit-more-${takes}`, 'edit')
          const item = (await queue.next()) as QueueItem
          queue.done(item.key)
          reachedLast = item.key === `background-${ahead - 1}`
        }
        expect(takes).toBeLessThanOrEqual(ahead * (editsInARow + 1))
      }),
    )
  })
})
