// How does the simulated provider behave? As slow, as unreliable and as strict as it is configured,
// by its environment or while it runs.
import { createHash } from 'node:crypto'
import { z } from 'zod'

export const Behaviour = z.strictObject({
  /** How long a charge takes. */
  latencyMs: z.number().min(0).max(120_000),
  /** Added to or taken from the latency, evenly spread. */
  jitterMs: z.number().min(0).max(120_000),
  /**
   * Share of calls answered 500. Half of them have charged by then, as it happens with real ones.
   */
  errorRate: z.number().min(0).max(1),
  /** Share of idempotency keys whose charge is declined. */
  declineRate: z.number().min(0).max(1),
})
export type Behaviour = z.infer<typeof Behaviour>

export type Failure = 'before charging' | 'after charging' | undefined

/** `random` from [0, 1). */
export function delayMs({ latencyMs, jitterMs }: Behaviour, random: number): number {
  return Math.max(0, latencyMs + jitterMs * (2 * random - 1))
}

export function failureOf({ errorRate }: Behaviour, random: number): Failure {
  if (random >= errorRate) return undefined
  return random < errorRate / 2 ? 'before charging' : 'after charging'
}

/**
 * Follows from the key alone, so that a caller can predict it: the first four bytes of the key's
 * SHA-256, as a fraction, below the decline rate.
 */
export function declineReason(
  idempotencyKey: string,
  { declineRate }: Pick<Behaviour, 'declineRate'>,
): string | undefined {
  const fraction = createHash('sha256').update(idempotencyKey).digest().readUInt32BE(0) / 2 ** 32
  return fraction < declineRate ? 'insufficient_funds' : undefined
}
