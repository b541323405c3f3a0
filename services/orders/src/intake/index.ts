// How do orders come in? The gateway embeds this: it takes orders in, many to a commit, and relays
// their events to Kafka.
export { createIntake, type Intake, type IntakeOptions } from './intake.ts'
export {
  IdempotencyConflictError,
  IdempotencyInFlightError,
  IntakeFullError,
  IntakeUnavailableError,
  ItemsNotSoldError,
  OrderRefusedError,
  TotalChangedError,
} from './errors.ts'
export { expectedPriority, newOrder, type NewOrder, type OrderRequest } from './new-order.ts'
export type { Placement } from './repeats.ts'
export { outboxLag, startRelay, type OutboxMessage, type Relay, type RelayOptions } from './relay.ts'
export type { OutboxLag } from '../sql/outbox.ts'
export type { IntakeMetrics } from './metrics.ts'
export { intakeMetrics, relayMetrics } from './metrics.ts'
