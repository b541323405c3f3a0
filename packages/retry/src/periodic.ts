// How is something repeated until the process ends? One run after the other, never two at a time;
// a failure ends none of it.
import { jitteredMs } from './backoff.ts'
import { sleep } from './sleep.ts'

export interface PeriodicRunOptions {
  /** No run begins after it aborts; one under way is finished. */
  readonly signal: AbortSignal
  readonly onError: (error: unknown) => void
  /** The wait before the first run. Default: none. */
  readonly firstMs?: number
  /** The wait after a run that failed. Default: as after any other. */
  readonly againMs?: number
  /** 0 to 1. */
  readonly random?: () => number
}

/**
 * Resolves when the signal has aborted and nothing is under way. The waits vary by a fifth, so that
 * many replicas do not run at the same moment, and do not keep the process alive.
 */
export async function runPeriodically(
  everyMs: number,
  run: () => Promise<unknown>,
  { signal, onError, firstMs = 0, againMs = everyMs, random = Math.random }: PeriodicRunOptions,
): Promise<void> {
  if (firstMs > 0) await sleep(firstMs, signal, { ref: false })
  while (!signal.aborted) {
    const succeeded = await run().then(
      () => true,
      (error: unknown) => (onError(error), false),
    )
    await sleep(jitteredMs(succeeded ? everyMs : againMs, random), signal, { ref: false })
  }
}
