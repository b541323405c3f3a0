// How long until a process that has ended by itself is started again? A second at first, then
// longer and longer, up to a minute: a program that is just being written must be back soon.
// Pure.
import { backoffMs } from '@orderpipeline/retry'

const backoff = { firstMs: 1_000, maxMs: 60_000 }

/** `deaths` in a row, this one included; `random` in [0, 1). */
export function crashPauseMs(deaths: number, random: number): number {
  return Math.round(backoffMs(deaths, backoff, () => random))
}
