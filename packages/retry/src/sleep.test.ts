import { expect, it } from 'vitest'
import { sleep } from './sleep.ts'

/** Longer than any test may last: only the signal ends it in time. */
const longMs = 600_000

it('ends a sleep without an error when its signal aborts', async () => {
  const stopping = new AbortController()
  const asleep = sleep(longMs, stopping.signal)
  stopping.abort(new Error('stop'))
  await expect(asleep).resolves.toBeUndefined()
})

it('does not sleep after its signal has aborted', async () => {
  await expect(sleep(longMs, AbortSignal.abort())).resolves.toBeUndefined()
})

it('ends a sleep after its time, or at once if that has passed', async () => {
  await expect(sleep(1, new AbortController().signal)).resolves.toBeUndefined()
  await expect(sleep(-5)).resolves.toBeUndefined()
})
