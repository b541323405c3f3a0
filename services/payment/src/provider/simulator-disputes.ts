// How does a dispute stand at the simulator, or at an adapter that offers the same calls? It calls
// no webhook: it lists what was opened or closed lately. One that knows no disputes has none.
import { z } from 'zod'
import type { ReportedDispute } from '../disputes/disputes.ts'
import type { DisputeSource } from '../disputes/watch-disputes.ts'
import { allPages } from './all-pages.ts'
import { callOverHttp } from './http-call.ts'
import { failureOf, ProviderError } from './provider-error.ts'
import type { ProviderAddress } from './provider.ts'

const maxListBytes = 1_024 * 1_024

const DisputeBody = z.object({
  disputeId: z.string().min(1).max(255),
  orderId: z.uuid().toLowerCase(),
  customerId: z.string().default(''),
  chargeId: z.string().min(1),
  amountCents: z.int().min(0),
  currency: z.string().regex(/^[A-Z]{3}$/),
  reason: z.string().min(1),
  status: z.enum(['INQUIRY', 'OPEN', 'WON', 'LOST', 'DROPPED']),
})
const DisputeList = z.object({
  disputes: z.array(z.object({ disputeId: z.string().min(1).max(255) })),
  next: z.string().min(1).optional(),
})

export function simulatorDisputes({ url, timeoutMs, token, turn }: ProviderAddress): DisputeSource {
  const base = url.replace(/\/*$/, '/')
  /** `undefined`: there is no such thing. @throws ProviderError */
  const get = async <T>(path: string, schema: z.ZodType<T>, signal: AbortSignal): Promise<T | undefined> => {
    await turn?.(signal)
    const { status, body } = await callOverHttp(new URL(path, base), {
      method: 'GET',
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      maxBytes: maxListBytes,
    })
    if (status === 404) return undefined
    if (status !== 200) throw new ProviderError(failureOf(status), `answered ${status}: ${body.slice(0, 200)}`)
    try {
      return schema.parse(JSON.parse(body))
    } catch (cause) {
      throw new ProviderError('Misconfigured', `a dispute of unknown form: ${body.slice(0, 200)}`, { cause })
    }
  }
  const idsOf = (query: Record<string, string>, signal: AbortSignal): Promise<readonly string[]> =>
    allPages(async (after) => {
      const params = new URLSearchParams({ ...query, ...(after === undefined ? {} : { after }) })
      const list = await get(`v1/disputes?${params.toString()}`, DisputeList, signal)
      return { ids: list?.disputes.map(({ disputeId }) => disputeId) ?? [], next: list?.next }
    })
  return {
    of: (disputeId, signal): Promise<ReportedDispute | undefined> =>
      get(`v1/disputes/${encodeURIComponent(disputeId)}`, DisputeBody, signal),
    ofCharge: (chargeId, signal) => idsOf({ chargeId }, signal),
    changedSince: (since, signal) => idsOf({ since: since.toISOString() }, signal),
  }
}
