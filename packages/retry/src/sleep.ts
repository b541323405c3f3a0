// How does a loop wait without delaying its end?
import { setTimeout as timer } from 'node:timers/promises'

/**
 * Resolves after `ms`, or at once when the signal aborts: the caller looks at the signal. With
 * `ref: false` the wait does not keep the process alive.
 */
export async function sleep(
  ms: number,
  signal?: AbortSignal,
  { ref = true }: { readonly ref?: boolean } = {},
): Promise<void> {
  await timer(Math.max(0, ms), undefined, { signal, ref }).catch(() => undefined)
}
