import { expect, it } from 'vitest'
import { DeadlineExceededError, withDeadline, withDeadlineAfter } from './deadline.ts'

const never = new Promise<never>(() => undefined)

it('returns or throws the outcome of work that ends before the deadline', async () => {
  await expect(withDeadline(60_000, 'asking', Promise.resolve('answer'))).resolves.toBe('answer')
  await expect(withDeadline(60_000, 'asking', Promise.reject(new TypeError('no')))).rejects.toThrow(TypeError)
})

it('fails with the name of the work and the deadline', async () => {
  const late = withDeadline(5, 'asking', never)
  await expect(late).rejects.toThrow(new DeadlineExceededError('asking took longer than 5 ms'))
  await expect(late).rejects.toMatchObject({ reason: 'DeadlineExceeded', retry: true, outage: true })
})

it('fails with the caller’s error if there is one', async () => {
  await expect(withDeadline(5, 'asking', never, () => new RangeError('silent'))).rejects.toThrow(
    new RangeError('silent'),
  )
})

it('a failure after the deadline is no unhandled rejection', async () => {
  const work = Promise.withResolvers<never>()
  const unhandled: unknown[] = []
  const note = (error: unknown): void => void unhandled.push(error)
  process.on('unhandledRejection', note)
  await expect(withDeadline(5, 'asking', work.promise)).rejects.toThrow(DeadlineExceededError)
  work.reject(new Error('too late to matter'))
  await new Promise((resolve) => setImmediate(resolve))
  process.off('unhandledRejection', note)
  expect(unhandled).toEqual([])
})

it('work without a deadline of its own has one as soon as its process closes', async () => {
  const closing = new AbortController()
  await expect(withDeadlineAfter(closing.signal, 5, 'asking', Promise.resolve('answer'))).resolves.toBe('answer')
  const late = withDeadlineAfter(closing.signal, 5, 'asking', never)
  const before = await Promise.race([late, new Promise((resolve) => setTimeout(resolve, 50, 'still waiting'))])
  expect(before).toBe('still waiting')
  closing.abort()
  await expect(late).rejects.toThrow(new DeadlineExceededError('asking took longer than 5 ms'))
  await expect(withDeadlineAfter(closing.signal, 5, 'asking', never)).rejects.toThrow(DeadlineExceededError)
  await expect(withDeadlineAfter(closing.signal, 60_000, 'asking', Promise.resolve('answer'))).resolves.toBe('answer')
})
