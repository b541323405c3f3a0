import { expect, test } from 'vitest'
import { createResting } from './resting.ts'

test('reports a message in retry and those behind it as resting, and no other', async () => {
  let notifications = 0
  const resting = createResting(() => notifications++)
  const [first, second, other] = [resting.enter('a'), resting.enter('a'), resting.enter('b')]
  const { promise, resolve } = Promise.withResolvers<void>()
  const wait = first.during(promise)
  expect([first, second, other].map((message) => message.resting)).toEqual([true, true, false])
  expect([resting.count, notifications]).toEqual([2, 1])
  const late = resting.enter('a')
  expect([late.resting, resting.count]).toEqual([true, 3])
  late.leave()
  expect(resting.count).toBe(2)
  resolve()
  await wait
  expect([first.resting, second.resting, resting.count]).toEqual([false, false, 0])
  first.leave()
  first.leave()
  await second.during(Promise.resolve())
  second.leave()
  expect([resting.count, resting.enter('a').resting]).toEqual([0, false])
})

test('a message whose wait fails rests no more', async () => {
  const resting = createResting(() => undefined)
  const message = resting.enter('a')
  await expect(message.during(Promise.reject(new Error('stopped')))).rejects.toThrow('stopped')
  expect([message.resting, resting.count]).toEqual([false, 0])
})

test('a message in the retry queue rests until its next try and counts once', () => {
  const resting = createResting(() => undefined)
  const message = resting.enter('a')
  message.leave()
  message.aside(true)
  message.aside(true)
  expect([message.resting, resting.count]).toEqual([true, 1])
  message.aside(false)
  message.aside(false)
  expect([message.resting, resting.count]).toEqual([false, 0])
})
