import { HttpProblemError } from '@orderpipeline/http'
import type { Priority } from '@orderpipeline/order-events'
import { silentLogger } from '@orderpipeline/process'
import { createRegistry } from '@orderpipeline/telemetry'
import { afterEach, expect, test, vi } from 'vitest'
import { startAdmission } from './admission.ts'
import { StagesUnknownError } from './queue.ts'
import type { Expectation } from './queue.ts'

function queue(name: string, waitSeconds: number): Expectation {
  return {
    name,
    lag: 1,
    oldestAgeSeconds: waitSeconds,
    waitSeconds,
  }
}

let admission: ReturnType<typeof startAdmission> | undefined
afterEach(() => admission?.close())

/** Each look at the queues gives the next of these; the last goes on. */
async function after(
  looks: readonly (readonly Expectation[] | Error)[],
  passedMs = 0,
  refuseSeconds = 10,
): Promise<(priority?: Priority) => HttpProblemError | undefined> {
  let lookCount = 0
  let nowMs = 0
  const instance = (admission = startAdmission({
    queues: {
      read: () => {
        const result = looks[Math.min(lookCount++, looks.length - 1)]
        if (lookCount > 1) nowMs = passedMs
        return result instanceof Error ? Promise.reject(result) : Promise.resolve(result ?? [])
      },
    },
    promiseSeconds: 10,
    refuseSeconds,
    stages: ['payment'],
    everyMs: 1,
    probeEveryMs: 1_000,
    monotonicMs: () => nowMs + laterMs,
    registry: createRegistry(),
    logger: silentLogger(),
  }))
  await vi.waitUntil(() => lookCount > looks.length, { timeout: 30_000, interval: 1 })
  instance.close()
  return instance.refusal
}
/** Added to the clock by a test. */
let laterMs = 0
const away = new Error('away')

test('uses the last known queues for a while when they cannot be read', async () => {
  expect((await after([[queue('payment', 60)], away], 30_000))()).toBeInstanceOf(HttpProblemError)
  expect((await after([[queue('payment', 60)], away], 61_000))()).toBeUndefined()
  expect((await after([[queue('payment', 5)], away], 30_000))()).toBeUndefined()
})

test('accepts every order when no queue was ever read', async () => {
  expect((await after([away]))()).toBeUndefined()
})

test('decides by the intake alone when the stages are unknown', async () => {
  expect((await after([new StagesUnknownError(queue('intake', 60), away)]))()).toBeInstanceOf(HttpProblemError)
  expect((await after([new StagesUnknownError(queue('intake', 5), away)]))()).toBeUndefined()
})

test('accepts one order in a while during refusals, to see the shop move again', async () => {
  const refusal = await after([[queue('payment', 60)]])
  expect(refusal()).toMatchObject({ status: 503, headers: { 'retry-after': '50' } })
  laterMs = 999
  expect(refusal()).toBeInstanceOf(HttpProblemError)
  laterMs = 1_000
  expect(refusal()).toBeUndefined()
  expect(refusal()).toBeInstanceOf(HttpProblemError)
  laterMs = 0
})

test('accepts an order late between the promise and the refusal, and says how long it takes', async () => {
  const waiting = (seconds: number) => after([[queue('payment', seconds)]], 0, 60)
  const within = await waiting(10)
  expect([within(), admission?.lateness()]).toEqual([undefined, undefined])
  const late = await waiting(10.5)
  expect([late(), admission?.lateness()]).toEqual([undefined, { promisedSeconds: 10, expectedSeconds: 11 }])
  const tooLate = await waiting(61)
  expect(tooLate()).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
})

test('refuses the lowest class first, and the highest where an order without a class is refused', async () => {
  const refusedAt = async (waitSeconds: number) => {
    const refusal = await after([[queue('payment', waitSeconds)]])
    return (['high', 'standard', 'low', undefined] as const).map((priority) => refusal(priority) !== undefined)
  }
  expect(await refusedAt(7)).toEqual([false, false, false, false])
  expect(await refusedAt(8)).toEqual([false, false, true, false])
  expect(await refusedAt(9.5)).toEqual([false, true, true, false])
  expect(await refusedAt(10.5)).toEqual([true, true, true, true])
})

test('decides for each class by its own wait', async () => {
  const overload = { ...queue('payment', 60), waitSecondsOf: { standard: 9.5, high: 1 } }
  const refusal = await after([[overload]], 0, 10)
  expect(refusal('low')).toMatchObject({ status: 503, headers: { 'retry-after': '53' } })
  expect(refusal('standard')).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
  expect(refusal('high')).toBeUndefined()
  expect([admission?.lateness('high'), admission?.lateness('low')]).toEqual([
    undefined,
    { promisedSeconds: 10, expectedSeconds: 60 },
  ])
  const intake = { ...queue('intake', 20), lag: 7 }
  const unreadable = await after([[overload], new StagesUnknownError(intake, away)])
  expect([unreadable('high'), unreadable('low')]).toEqual([
    expect.any(HttpProblemError),
    expect.objectContaining({ message: expect.stringContaining('about 60 s') as string }),
  ])
})
