import { expect, test } from 'vitest'
import { busyShare, processorTimeIn, residentMebibytes } from './machine.ts'

function stat(user: number, idle: number, wait: number): string {
  return `cpu  ${user} 0 10 ${idle} ${wait} 0 0 0 0 0\ncpu0 …`
}

test('waiting for a disk is not busy', () => {
  expect(processorTimeIn(stat(90, 50, 50))).toEqual({ busy: 100, total: 200 })
})

test('the share is that of the time between two readings', () => {
  expect(busyShare(processorTimeIn(stat(100, 100, 0)), processorTimeIn(stat(175, 125, 0)))).toBe(0.75)
})

test('the memory of a process that has ended meanwhile is none', () => {
  expect(residentMebibytes('Name:\tnode\nVmRSS:\t  204800 kB\n')).toBe(200)
  expect(residentMebibytes('')).toBe(0)
})
