// How does a test wait for a condition that speaks for itself?
import { eventually } from '@orderpipeline/retry/testing'

/**
 * Asks until the answer is true. @throws Error with the condition, just before the test's own
 * time-out would end it.
 */
export async function until(holds: () => boolean | Promise<boolean>, everyMs = 100): Promise<void> {
  await eventually(String(holds), holds, { everyMs })
}
