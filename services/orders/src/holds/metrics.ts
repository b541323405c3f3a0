// How are held orders decided? Counted by the process that made the decision: a gateway for a
// person, a stage for time.
import { Counter } from '@orderpipeline/telemetry'
import type { Registry } from '@orderpipeline/telemetry'

export type DecidedBy = 'staff' | 'customer' | 'time'
export type HoldOutcome = 'released' | 'cancelled'

export type CountDecision = (outcome: HoldOutcome, by: DecidedBy, count?: number) => void

/** Once for each registry. */
export function holdCounter(registry: Registry): CountDecision {
  const counter = new Counter({
    name: 'orders_hold_decisions_total',
    help: 'Held orders that were decided: released or cancelled, by staff, the customer or time',
    labelNames: ['outcome', 'by'] as const,
    registers: [registry],
  })
  return (outcome, by, count = 1) => counter.inc({ outcome, by }, count)
}
