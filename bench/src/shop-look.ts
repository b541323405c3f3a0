// How long may one look at a shop under load take? A machine at its limit may answer late, and the
// next sample is not to wait for it any longer.
import { withDeadline } from '@orderpipeline/retry'

const lookMs = 20_000

/** @throws the error of the look, or that it came too late */
export function inTime<T>(look: Promise<T>): Promise<T> {
  return withDeadline(lookMs, 'a look at the shop', look)
}
