import { describe, expect, it } from 'vitest'
import { every, everyInBackground } from './every.ts'
import { eventually } from './testing/eventually.ts'

const long = 3_600_000

function counter(): { readonly read: () => Promise<number>; readonly reads: () => number } {
  let reads = 0
  return { read: () => Promise.resolve(++reads), reads: () => reads }
}

describe('every', () => {
  it('reads once for all callers of a period', async () => {
    const { read, reads } = counter()
    const get = every(long, read)
    expect(await Promise.all([get(), get()])).toEqual([1, 1])
    expect([await get(), reads()]).toEqual([1, 1])
  })

  it('reads again after the period', async () => {
    const get = every(0, counter().read)
    expect([await get(), await get()]).toEqual([1, 2])
  })

  it('passes the arguments of the call that reads', async () => {
    const get = every(long, (name: string) => Promise.resolve(name))
    expect([await get('first'), await get('second')]).toEqual(['first', 'first'])
  })

  it('reads again after a failure, which only its own callers get', async () => {
    const { read } = counter()
    let failures = 1
    const get = every(long, () => (failures-- > 0 ? Promise.reject(new Error('not yet')) : read()))
    await expect(get()).rejects.toThrow('not yet')
    expect(await get()).toBe(1)
  })
})

describe('everyInBackground', () => {
  it('answers undefined until the first reading has ended, and then its value', async () => {
    const { read, reads } = counter()
    const get = everyInBackground(long, read)
    expect(get()).toBe(undefined)
    await eventually('the first value', () => get() === 1)
    expect(reads()).toBe(1)
  })

  it('has one reading at a time', () => {
    let reads = 0
    const get = everyInBackground(0, () => (reads++, new Promise<number>(() => undefined)))
    get()
    get()
    expect(reads).toBe(1)
  })

  it('keeps the last value when a reading fails', async () => {
    const { read } = counter()
    let failing = false
    let failures = 0
    const get = everyInBackground(0, () => (failing ? (failures++, Promise.reject(new Error('gone'))) : read()))
    await eventually('the first value', () => get() === 1)
    failing = true
    await eventually('two failed readings', () => (get(), failures > 1))
    expect(get()).toBeGreaterThanOrEqual(1)
  })
})
