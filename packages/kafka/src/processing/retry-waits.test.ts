import { expect, test } from 'vitest'
import { createRetryWaits } from './retry-waits.ts'

test('reports a message in retry and those behind it as waiting, and no other', async () => {
  let notifications = 0
  const retryWaits = createRetryWaits(() => notifications++)
  const [first, second, other] = [retryWaits.enter('a'), retryWaits.enter('a'), retryWaits.enter('b')]
  const { promise, resolve } = Promise.withResolvers<void>()
  const wait = first.during(promise)
  expect([first, second, other].map((message) => message.waitsForRetry)).toEqual([true, true, false])
  expect([retryWaits.count, notifications]).toEqual([2, 1])
  const late = retryWaits.enter('a')
  expect([late.waitsForRetry, retryWaits.count]).toEqual([true, 3])
  late.leave()
  expect(retryWaits.count).toBe(2)
  resolve()
  await wait
  expect([first.waitsForRetry, second.waitsForRetry, retryWaits.count]).toEqual([false, false, 0])
  first.leave()
  first.leave()
  await second.during(Promise.resolve())
  second.leave()
  expect([retryWaits.count, retryWaits.enter('a').waitsForRetry]).toEqual([0, false])
})

test('a message whose wait fails no longer counts as waiting', async () => {
  const retryWaits = createRetryWaits(() => undefined)
  const message = retryWaits.enter('a')
  await expect(message.during(Promise.reject(new Error('stopped')))).rejects.toThrow('stopped')
  expect([message.waitsForRetry, retryWaits.count]).toEqual([false, 0])
})

test('counts the failed tries of a message, and not those of one before it', async () => {
  const retryWaits = createRetryWaits(() => undefined)
  const [first, second] = [retryWaits.enter('a'), retryWaits.enter('a')]
  await first.during(Promise.resolve())
  await first.during(Promise.resolve())
  first.setInRetryQueue(true)
  expect([first.failures, second.failures]).toEqual([3, 0])
})

test('counts a message in the retry queue once until its next attempt', () => {
  const retryWaits = createRetryWaits(() => undefined)
  const message = retryWaits.enter('a')
  message.leave()
  message.setInRetryQueue(true)
  message.setInRetryQueue(true)
  expect([message.waitsForRetry, retryWaits.count]).toEqual([true, 1])
  message.setInRetryQueue(false)
  message.setInRetryQueue(false)
  expect([message.waitsForRetry, retryWaits.count]).toEqual([false, 0])
})
