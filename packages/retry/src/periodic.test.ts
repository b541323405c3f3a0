import { expect, it } from 'vitest'
import { runPeriodically } from './periodic.ts'

const longMs = 600_000

it('repeats the work despite failures until the signal aborts', async () => {
  const stopping = new AbortController()
  const errors: unknown[] = []
  let runs = 0
  await runPeriodically(
    1,
    () => {
      if (++runs === 3) stopping.abort()
      return runs === 2 ? Promise.reject(new Error('busy')) : Promise.resolve()
    },
    { signal: stopping.signal, onError: (error) => void errors.push(error) },
  )
  expect([runs, errors]).toEqual([3, [new Error('busy')]])
})

it('waits for the failure interval after a failure', async () => {
  const stopping = new AbortController()
  let runs = 0
  await runPeriodically(
    longMs,
    () => {
      if (++runs === 3) stopping.abort()
      return Promise.reject(new Error('busy'))
    },
    { signal: stopping.signal, onError: () => undefined, againMs: 1 },
  )
  expect(runs).toBe(3)
})

it('stops during any wait, and after the run in progress', async () => {
  const stopping = new AbortController()
  const work = Promise.withResolvers<void>()
  let ended = false
  const first = runPeriodically(1, () => Promise.resolve(), { signal: stopping.signal, onError: fail, firstMs: longMs })
  const running = runPeriodically(longMs, () => work.promise, { signal: stopping.signal, onError: fail })
  void running.then(() => (ended = true))
  stopping.abort()
  await first
  expect(ended).toBe(false)
  work.resolve()
  await running
})

function fail(error: unknown): never {
  throw error
}
