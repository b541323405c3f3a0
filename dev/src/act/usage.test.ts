import { expect, it } from 'vitest'
import { secondsOf, usageOf } from './usage.ts'

it.each([
  ['0:01.50', 1.5],
  ['2:03', 123],
  ['1:00:00', 3_600],
  ['1-00:00:10', 86_410],
])('the CPU time %s is %d seconds', (text, seconds) => {
  expect(secondsOf(text)).toBe(seconds)
})

it('the system reports the CPU time of this process, and none of a process that does not exist', async () => {
  const usage = await usageOf([process.pid, 2 ** 22 + 1])
  expect([...usage.keys()]).toEqual([process.pid])
  expect(usage.get(process.pid)?.cpuSeconds).toBeGreaterThan(0)
})

it('ps reports the CPU time where there is no /proc, and no memory of a process alone', async () => {
  const usage = await usageOf([process.pid, 2 ** 22 + 1], 'darwin')
  expect([...usage.keys()]).toEqual([process.pid])
  expect(usage.get(process.pid)?.cpuSeconds).toBeGreaterThanOrEqual(0)
  expect(usage.get(process.pid)?.ownBytes).toBeUndefined()
})
