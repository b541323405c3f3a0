// Are offsets committed only within the assignment they were earned in?
import { expect, test } from 'vitest'
import { createAssignments } from './assignments.ts'
import type { OffsetToCommit } from './offset-tracker.ts'

function bench(commit?: (offsets: readonly OffsetToCommit[]) => Promise<void>, onSettle?: () => void) {
  const log: string[] = []
  const epochs = createAssignments({
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
  return { log, epochs }
}
const later = (ms = 30) => new Promise((resolve) => setTimeout(resolve, ms))

test('moves made close together are committed together, after what is published has been settled', async () => {
  const { log, epochs } = bench()
  epochs.begin({ t: [0, 1] })
  for (const partition of [0, 1]) {
    epochs.current.tracker.take('t', partition, '4')()
    epochs.moved(epochs.current)
  }
  await later()
  expect(log).toEqual(['settle', '0@5 1@5'])
})

test('what is done while the rest is being settled is committed after it has been settled itself', async () => {
  const meanwhile = { ends: (): void => undefined }
  const { log, epochs } = bench(undefined, () => meanwhile.ends())
  epochs.begin({ t: [0] })
  const { tracker } = epochs.current
  const [first, second] = [tracker.take('t', 0, '4'), tracker.take('t', 0, '5')]
  first()
  meanwhile.ends = second
  await epochs.flush()
  await epochs.flush()
  expect(log).toEqual(['settle', '0@5', 'settle', '0@6'])
})

test('what ends after the assignment has passed on is not committed', async () => {
  const { log, epochs } = bench()
  epochs.begin({ t: [0] })
  const old = epochs.current
  const done = old.tracker.take('t', 0, '4')
  epochs.begin({ t: [1] })
  done()
  epochs.moved(old)
  await epochs.flush()
  expect(log).toEqual(['settle'])
  expect(old.open).toBe(false)
  expect(epochs.current.owns('t', 1)).toBe(true)
  expect(epochs.current.owns('t', 0)).toBe(false)
})

test('what only waits is told to stop when its assignment passes on, by whichever way', () => {
  const { epochs } = bench()
  epochs.begin({ t: [0] })
  const [first] = [epochs.current]
  epochs.begin({ t: [0] })
  const second = epochs.current
  expect([first.ending.aborted, second.ending.aborted]).toEqual([true, false])
  epochs.end()
  expect(second.ending.aborted).toBe(true)
})

test('an assignment about to pass on commits at once what is done, and settles right after', async () => {
  const { log, epochs } = bench()
  epochs.begin({ t: [0] })
  epochs.current.tracker.take('t', 0, '4')()
  epochs.end()
  expect(log).toEqual(['0@5'])
  await later()
  expect(log).toEqual(['0@5', 'settle'])
})

test('a commit that failed is tried again', async () => {
  let failures = 1
  const { log, epochs } = bench(() => (failures-- > 0 ? Promise.reject(new Error('not now')) : Promise.resolve()))
  epochs.begin({ t: [0] })
  epochs.current.tracker.take('t', 0, '4')()
  await epochs.flush()
  await later(60)
  expect(log).toEqual(['settle', 'not now', 'settle'])
  expect(epochs.current.tracker.committable()).toEqual([])
})
