// Which orders of a load are traced? A share of them: each request names a trace and says whether
// it is sampled (W3C Trace Context). A gateway follows it where it trusts this machine
// (TRACE_TRUSTED_PEERS), so that a load does not trace every order.
import { randomBytes } from 'node:crypto'
import type { Random } from './random.ts'

/** `share`: 0 to 1. */
export function traceparent(share: number, random: Random): string {
  const ids = randomBytes(24).toString('hex')
  return `00-${ids.slice(0, 32)}-${ids.slice(32)}-${random() < share ? '01' : '00'}`
}
