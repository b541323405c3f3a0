import { expect, it } from 'vitest'
import { eventually } from './eventually.ts'

it('resolves with the first answer that is neither undefined nor false', async () => {
  const answers = [undefined, false, 0] as const
  let questions = 0
  expect(await eventually('a number', () => answers[questions++], { everyMs: 1 })).toBe(0)
  expect(questions).toBe(3)
})

it('fails with the name of the condition after the deadline', async () => {
  const never = eventually('the order is shipped', () => false, { withinMs: 5, everyMs: 1 })
  await expect(never).rejects.toThrow(/^no success after \d+ ms: the order is shipped$/)
})

it('throws the error of the request', async () => {
  await expect(eventually('an answer', () => Promise.reject(new RangeError('no')))).rejects.toThrow(RangeError)
})
