// Which disputes has no webhook reported? Those of charges that the provider lists as disputed, and
// of which no dispute is recorded: the provider is asked about them from then on.
import type { Logger } from '@orderpipeline/process'
import { watch } from '../disputes/watch-disputes.ts'
import type { DisputeSource } from '../disputes/watch-disputes.ts'
import { disputedCharges } from '../sql/disputes.ts'
import type { Surroundings } from '../surroundings.ts'
import type { Difference, ListedCharge } from './compare.ts'

/** @throws DatabaseError, ProviderError */
export async function unknownDisputes(
  charges: readonly ListedCharge[],
  { database, stopping }: Pick<Surroundings, 'database' | 'stopping'>,
  { disputes, logger }: { readonly disputes?: DisputeSource | undefined; readonly logger?: Logger | undefined },
): Promise<readonly Difference[]> {
  const disputed = charges.filter((charge) => charge.disputed)
  if (!disputes || disputed.length === 0) return []
  const ids = disputed.map(({ chargeId }) => chargeId)
  const rows = await database.query<{ chargeId: string }>(disputedCharges, [ids])
  const knownIds = new Set(rows.map(({ chargeId }) => chargeId))
  const unknownCharges = disputed.filter(({ chargeId }) => !knownIds.has(chargeId))
  for (const { chargeId } of unknownCharges) await watch(database, await disputes.ofCharge(chargeId, stopping))
  return unknownCharges.map(({ orderId, chargeId, amountCents, currency }) => {
    const detail = `of ${amountCents} ${currency}, disputed by the provider's list; booked: no dispute`
    const difference: Difference = { kind: 'UNKNOWN_DISPUTE', orderId, chargeId, detail }
    logger?.error(difference, 'the payment provider and our payments disagree')
    return difference
  })
}
