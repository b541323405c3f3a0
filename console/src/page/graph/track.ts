// Where on a bar from 0 to 1 are the minimum, what is ready and what is wanted? More than the
// maximum is possible for a while. Pure.
import type { PartState } from '../../model/state.ts'

export function trackOf({ min, max, ready, wanted }: Pick<PartState, 'min' | 'max' | 'ready' | 'wanted'>) {
  const whole = Math.max(max, ready, wanted, 1)
  return { min: min / whole, ready: ready / whole, wanted: wanted / whole }
}
