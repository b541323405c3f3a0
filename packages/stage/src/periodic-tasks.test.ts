// Are tasks repeated, kept apart from each other's failures, and ended before their surroundings
// are closed?
import { expect, test } from 'vitest'
import { startPeriodicTasks } from './periodic-tasks.ts'
import type { PeriodicTaskContext } from './periodic-tasks.ts'

const surroundings = {} as Omit<PeriodicTaskContext, 'stopping'>
async function turns(count: number) {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setTimeout(resolve, 1))
}

test('reports a failing task, repeats it, and delays no other task', async () => {
  const failures: string[] = []
  let runCount = 0
  const tasks = startPeriodicTasks(
    [
      { name: 'breaks', everyMs: 0, run: () => Promise.reject(new Error('not now')) },
      { name: 'works', everyMs: 0, run: () => Promise.resolve((runCount += 1)) },
    ],
    surroundings,
    (name) => failures.push(name),
  )
  while (runCount < 3 || failures.length < 3) await turns(1)
  await tasks.stop()
  expect(new Set(failures)).toEqual(new Set(['breaks']))
  const before = runCount
  await turns(5)
  expect(runCount).toBe(before)
})

test('stop() aborts the running task and waits for its end', async () => {
  const log: string[] = []
  const tasks = startPeriodicTasks(
    [
      {
        name: 'long',
        everyMs: 0,
        run: async ({ stopping }) => {
          log.push('begun')
          while (!stopping.aborted) await turns(1)
          await turns(3)
          log.push('ended')
        },
      },
    ],
    surroundings,
    () => undefined,
  )
  while (log.length === 0) await turns(1)
  await tasks.stop()
  expect(log).toEqual(['begun', 'ended'])
})
