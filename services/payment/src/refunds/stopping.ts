// What was captured for an order that has come to its end, where that is not stored? The provider
// stops the order's key, and answers with the capture if there has been one. A key that it may have
// forgotten stops nothing and shows nothing, so it is first asked for the charges of the order.
import type { Provider } from '../provider/provider.ts'

export interface Stopping {
  readonly orderId: string
  readonly customerId: string
  /** Whether the provider may have forgotten the order's key. */
  readonly forgotten: boolean
  readonly traceparent?: string | undefined
}

/**
 * The id of the charge that has to be refunded; `undefined`: nothing is charged, and nothing will
 * be. @throws ProviderError
 */
export async function stoppedOrCaptured(
  provider: Pick<Provider, 'find' | 'stop'>,
  { orderId, customerId, forgotten, traceparent }: Stopping,
  signal: AbortSignal,
): Promise<string | undefined> {
  const outcome = forgotten ? await provider.find(orderId, signal, traceparent) : undefined
  if (outcome?.status === 'captured') return outcome.chargeId
  const stopped = await provider.stop({ orderId, customerId }, signal, traceparent)
  return stopped.status === 'captured' ? stopped.chargeId : undefined
}

export interface KeyMemory {
  /** For how long the provider remembers an idempotency key, at least. */
  readonly keyHours: number
  readonly nowMs: number
}

/** Whether a key that was first used at that time or later may be forgotten. */
export function isForgotten(sinceMs: number, { keyHours, nowMs }: KeyMemory): boolean {
  return nowMs - sinceMs > keyHours * 3_600_000
}
