import { expect, it } from 'vitest'
import { once } from './once.ts'

/** Fails at first. */
function flaky(): { readonly make: () => Promise<number>; readonly attempts: () => number } {
  let attempts = 0
  const make = (): Promise<number> =>
    ++attempts === 1 ? Promise.reject(new Error('not yet')) : Promise.resolve(attempts)
  return { make, attempts: () => attempts }
}

it('creates the value at the first call, once for all callers', async () => {
  let count = 0
  const get = once(() => Promise.resolve(++count))
  expect(count).toBe(0)
  expect(await Promise.all([get(), get()])).toEqual([1, 1])
  expect(await get()).toBe(1)
})

it('all waiting callers get a failure, and the next caller tries again', async () => {
  const { make, attempts } = flaky()
  const get = once(make)
  const [first, second] = await Promise.allSettled([get(), get()])
  expect([first.status, second.status, attempts()]).toEqual(['rejected', 'rejected', 1])
  expect([await get(), await get()]).toEqual([2, 2])
})

it('keeps a failure if the caller asks for it', async () => {
  const { make, attempts } = flaky()
  const get = once(make, { keepsFailure: true })
  await expect(get()).rejects.toThrow('not yet')
  await expect(get()).rejects.toThrow('not yet')
  expect(attempts()).toBe(1)
})
