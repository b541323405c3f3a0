// Do the parts of all replicas add up to the rate of the stage, however many there are and whatever
// each wants?
import { expect, test } from 'vitest'
import { createStageRate, shareOf } from './callers.ts'

function partsOf(rates: readonly number[]): number[] {
  return rates.map((own, n) => {
    const others = rates.filter((_, m) => m !== n)
    return shareOf(80, own, { count: others.length, wanted: others.reduce((sum, each) => sum + each, 0) })
  })
}
function sum(numbers: readonly number[]) {
  return numbers.reduce((total, each) => total + each, 0)
}

test.each([[[0]], [[5]], [[0, 0, 0]], [[1, 0, 0, 0]], [[70, 10, 3]], [Array.from({ length: 100 }, (_, n) => n)]])(
  'the shares of replicas that want %j add up to the rate',
  (rates) => {
    expect(sum(partsOf(rates))).toBeCloseTo(80, 6)
  },
)

test('gives most of the rate to the busy replica, and idle ones enough to start', () => {
  const [busy, idle] = partsOf([40, 0, 0, 0])
  expect(busy).toBeCloseTo(68)
  expect(idle).toBeCloseTo(4)
})

test('a replica starts with a tenth and grows fourfold at most per exchange', async () => {
  let nowMs = 0
  const rate = createStageRate({ perSecond: 80, clock: () => nowMs })
  expect(rate.share).toBe(8)
  const database = { query: (_: unknown, values: readonly unknown[]) => answer(values) }
  const answer = (values: readonly unknown[]) =>
    Promise.resolve(values.length === 1 ? [{ count: 0, wanted: 0 }] : []) as Promise<never[]>
  const look = () => rate.task.run({ database } as never)
  nowMs = 5_000
  await look()
  expect(rate.share).toBe(32)
  await look()
  expect(rate.share).toBe(80)
})

test('spaces calls by the share without a burst', async () => {
  let nowMs = 0
  const rate = createStageRate({ perSecond: 1_000, clock: () => nowMs })
  const { signal } = new AbortController()
  await rate.turn(signal)
  const waiting = new AbortController()
  const second = rate.turn(waiting.signal)
  waiting.abort()
  await expect(second).rejects.toThrow()
  nowMs += 100
  await rate.turn(signal)
})
