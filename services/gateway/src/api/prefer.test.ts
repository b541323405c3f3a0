import { expect, test } from 'vitest'
import { appliedPreference, waitMsOf } from './prefer.ts'

test('waits as long as the caller prefers, up to the allowed time', () => {
  expect(waitMsOf('wait=3', 10_000)).toBe(3_000)
  expect(waitMsOf('respond-async, wait=3; x=1', 10_000)).toBe(3_000)
  expect(waitMsOf('wait=0', 10_000)).toBe(0)
  expect(waitMsOf('wait=3600', 10_000)).toBe(10_000)
  expect(waitMsOf('respond-async', 10_000)).toBe(0)
  expect(waitMsOf('handling=lenient, respond-async', 10_000)).toBe(0)
})

test('ignores a preference that it does not understand', () => {
  for (const prefer of [undefined, '', 'wait', 'wait=-1', 'wait=1.5', 'await=3', 'wait=soon'])
    expect(waitMsOf(prefer, 10_000)).toBe(10_000)
  expect(appliedPreference(2_500)).toBe('wait=2')
})
