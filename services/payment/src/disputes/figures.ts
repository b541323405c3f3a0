// What do the metrics show of disputes?
import { Gauge } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'
import type { DisputeSum } from '../sql/disputes.ts'

const statuses = ['OPEN', 'WON', 'LOST'] as const

export function disputeGauges(registry: Registry): (sums: readonly DisputeSum[]) => void {
  const registers = [registry]
  const count = new Gauge({
    name: 'payment_disputes',
    help: 'Disputes of payments in the books, by status: OPEN, WON or LOST; the same from every replica',
    labelNames: ['status'] as const,
    registers,
  })
  const cents = new Gauge({
    name: 'payment_disputed_cents',
    help: 'Disputed amounts in the books, in minor units, by currency and status; the same from every replica',
    labelNames: ['currency', 'status'] as const,
    registers,
  })
  return (sums) => {
    cents.reset()
    for (const status of statuses) count.set({ status }, 0)
    for (const { status, currency, count: disputes, cents: amount } of sums) {
      count.inc({ status }, disputes)
      cents.set({ currency, status }, amount)
    }
  }
}
