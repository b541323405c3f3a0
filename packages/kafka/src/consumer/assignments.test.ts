// Are offsets committed only within the assignment they were earned in?
import { expect, test } from 'vitest'
import { createAssignments } from './assignments.ts'
import type { OffsetToCommit } from './offset-tracker.ts'

function bench(commit?: (offsets: readonly OffsetToCommit[]) => Promise<void>, onSettle?: () => void) {
  const log: string[] = []
  const assignments = createAssignments({
    everyMs: 5,
    draining: new AbortController().signal,
    settle: () => {
      log.push('settle')
      onSettle?.()
      return Promise.resolve()
    },
    commit:
      commit ??
      ((offsets) => {
        log.push(offsets.map(({ partition, offset }) => `${partition}@${offset}`).join(' '))
        return Promise.resolve()
      }),
    onError: (error) => log.push(error.message),
  })
  return { log, assignments }
}
function later(ms = 30) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

test('commits moves made close together at once, after their events are settled', async () => {
  const { log, assignments } = bench()
  assignments.begin({ t: [0, 1] })
  for (const partition of [0, 1]) {
    assignments.current.tracker.take('t', partition, '4')()
    assignments.scheduleCommit(assignments.current)
  }
  await later()
  expect(log).toEqual(['settle', '0@5 1@5'])
})

test('commits work finished while others settle after its own settling', async () => {
  const meanwhile = { ends: (): void => undefined }
  const { log, assignments } = bench(undefined, () => meanwhile.ends())
  assignments.begin({ t: [0] })
  const { tracker } = assignments.current
  const [first, second] = [tracker.take('t', 0, '4'), tracker.take('t', 0, '5')]
  first()
  meanwhile.ends = second
  await assignments.flush()
  await assignments.flush()
  expect(log).toEqual(['settle', '0@5', 'settle', '0@6'])
})

test('does not commit work that ends after its assignment was revoked', async () => {
  const { log, assignments } = bench()
  assignments.begin({ t: [0] })
  const old = assignments.current
  const finish = old.tracker.take('t', 0, '4')
  assignments.begin({ t: [1] })
  finish()
  assignments.scheduleCommit(old)
  await assignments.flush()
  expect(log).toEqual(['settle'])
  expect(old.open).toBe(false)
  expect(assignments.current.owns('t', 1)).toBe(true)
  expect(assignments.current.owns('t', 0)).toBe(false)
})

test('aborts waiting work when its assignment ends or is replaced', () => {
  const { assignments } = bench()
  assignments.begin({ t: [0] })
  const [first] = [assignments.current]
  assignments.begin({ t: [0] })
  const second = assignments.current
  expect([first.ending.aborted, second.ending.aborted]).toEqual([true, false])
  assignments.end()
  expect(second.ending.aborted).toBe(true)
})

test('commits finished work at once when the assignment ends, then settles', async () => {
  const { log, assignments } = bench()
  assignments.begin({ t: [0] })
  assignments.current.tracker.take('t', 0, '4')()
  assignments.end()
  expect(log).toEqual(['0@5'])
  await later()
  expect(log).toEqual(['0@5', 'settle'])
})

test('retries a failed commit', async () => {
  let failures = 1
  const { log, assignments } = bench(() => (failures-- > 0 ? Promise.reject(new Error('not now')) : Promise.resolve()))
  assignments.begin({ t: [0] })
  assignments.current.tracker.take('t', 0, '4')()
  await assignments.flush()
  await later(60)
  expect(log).toEqual(['settle', 'not now', 'settle'])
  expect(assignments.current.tracker.committable()).toEqual([])
})
