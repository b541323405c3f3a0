// How does money go back that could not when it should have? By a periodic task that asks the
// provider again for as long as it takes, and reports how much is still owed.
//
// The provider is called outside of any transaction; the row's next attempt is delayed beforehand,
// so that one replica at a time calls. A refund is published before it is stored: a crash in
// between repeats the call and the event, under the same ids.
import type { PeriodicTask } from '@orderpipeline/stage'
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { Surroundings } from '../surroundings.ts'
import type { DueRefundOptions } from './due-refund-options.ts'
import { settleLostDisputes } from './after-disputes.ts'
import { bookRefund, keyOfDue } from './book-refund.ts'
import { makePartialRefunds } from './make-partial-refunds.ts'
import { stoppedOrCaptured } from './stopping.ts'
import { claimDues, noteDueError, sumDues } from '../sql/dues.ts'
import type { DueRow, DueSum } from '../sql/dues.ts'

const dueAtOnce = 10
export const everyMs = 15_000

export function refundTask(options: DueRefundOptions): PeriodicTask {
  const show = options.registry && owedGauges(options.registry)
  return {
    name: 'giving back',
    everyMs,
    run: async (surroundings) => {
      await settleLostDisputes(surroundings, options)
      await makeDueRefunds(surroundings, options)
      await makePartialRefunds(surroundings, options)
      show?.(await surroundings.database.query<DueSum>(sumDues))
    },
  }
}

/** Returns how many went back. @throws DatabaseError, PublishError */
export async function makeDueRefunds(surroundings: Surroundings, options: DueRefundOptions): Promise<number> {
  const rows = await surroundings.database.query<DueRow>(claimDues, [dueAtOnce])
  let settledCount = 0
  for (const row of rows) {
    if (surroundings.stopping.aborted) break
    try {
      await giveBack(row, surroundings, options)
      settledCount++
    } catch (error) {
      if (surroundings.stopping.aborted) break
      const { orderId, chargeId, reason, attempts } = row
      options.logger?.error({ error, orderId, chargeId, reason, attempts }, 'a refund that is due failed')
      await surroundings.database.query(noteDueError, [orderId, chargeId, String(error).slice(0, 500)])
    }
  }
  return settledCount
}

async function giveBack(row: DueRow, surroundings: Surroundings, options: DueRefundOptions) {
  const { orderId, customerId } = row
  const { stopping } = surroundings
  // It may have been due for longer than the provider remembers the key.
  const about = { orderId, customerId, forgotten: true }
  const chargeId = row.chargeId === '' ? await stoppedOrCaptured(options.provider, about, stopping) : row.chargeId
  const refund =
    chargeId === undefined
      ? undefined
      : await options.provider.refund(orderId, chargeId, stopping, { key: keyOfDue(row.reason, chargeId) })
  await bookRefund(row, refund, surroundings, options)
}

function owedGauges(registry: Registry): (sums: readonly DueSum[]) => void {
  const registers = [registry]
  const cents = new Gauge({
    name: 'payment_owed_cents',
    help: 'Amount of refunds that are due, in minor units; 1 of the currency unknown where it is not known; the same from every replica, and 0 in the long run',
    labelNames: ['currency'] as const,
    registers,
  })
  const count = new Gauge({
    name: 'payment_refunds_due',
    help: 'Refunds that are due, by reason; the same from every replica',
    labelNames: ['reason'] as const,
    registers,
  })
  return (sums) => {
    cents.reset()
    count.reset()
    for (const reason of ['GIVEN_UP', 'SECOND_CHARGE', 'PART']) count.set({ reason }, 0)
    for (const sum of sums) {
      cents.inc({ currency: sum.currency }, sum.cents)
      count.inc({ reason: sum.reason }, sum.count)
    }
  }
}
