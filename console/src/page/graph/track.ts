// Where on a bar from 0 to 1 are the minimum, the ready and the desired replicas? More than the
// maximum is possible for a while. Pure.
import type { PartState } from '../../model/state.ts'

export function trackOf({ min, max, ready, wanted: desired }: Pick<PartState, 'min' | 'max' | 'ready' | 'wanted'>) {
  const whole = Math.max(max, ready, desired, 1)
  return { min: min / whole, ready: ready / whole, wanted: desired / whole }
}
