// At which points is a process killed? At these lines of its work, each recognised by the bytes on
// the wire at that moment.
import { messagesOf } from '@orderpipeline/test-support/accounts'
import type { WireEvent, WirePhase } from '@orderpipeline/test-support/wire-event'

export interface Point {
  readonly name: string
  readonly phase: WirePhase
  readonly operation: string
  /** Only in a transaction with this statement. */
  readonly within?: string
  /** Only where the answer has rows. */
  readonly rows?: true
  /** The account of the ids in flight at that moment. */
  readonly of: string
}

export type Plan = Readonly<Record<string, readonly Point[]>>

export function isAt(point: Point, event: WireEvent): boolean {
  const { phase, operation, within, rows } = point
  if (event.phase !== phase || event.operation !== operation) return false
  if (rows && event.rows.length === 0) return false
  return within === undefined || event.within.some((statement) => statement.operation === within)
}

/**
 * For every stage that publishes events. `effect`: the statement that writes what its messages
 * change.
 */
function stagePoints(stage: string, effect: string): Point[] {
  const of = messagesOf(stage)
  return [
    { name: 'effects written, not committed', phase: 'asked', operation: 'commit', within: effect, of },
    { name: 'committed, not published', phase: 'answered', operation: 'commit', within: 'outbox.keep', of },
    { name: 'about to publish', phase: 'asked', operation: 'Produce', of },
    { name: 'half published', phase: 'halfway', operation: 'Produce', of },
    { name: 'published, not acknowledged', phase: 'answered', operation: 'Produce', of },
    { name: 'published, outbox not cleared', phase: 'asked', operation: 'outbox.settle', of },
    { name: 'outbox cleared, offsets not committed', phase: 'asked', operation: 'OffsetCommit', of },
    { name: 'offsets committed, not acknowledged', phase: 'answered', operation: 'OffsetCommit', of },
  ]
}

const gateway: Point[] = [
  { name: 'order about to be written', phase: 'asked', operation: 'orders.insert-orders', of: 'orders' },
  { name: 'order durable, not answered', phase: 'answered', operation: 'orders.insert-orders', of: 'orders' },
  {
    name: 'cancellation written, not committed',
    phase: 'asked',
    operation: 'commit',
    within: 'orders.add-to-outbox',
    of: 'cancellations',
  },
  {
    name: 'cancellation durable, not answered',
    phase: 'answered',
    operation: 'commit',
    within: 'orders.add-to-outbox',
    of: 'cancellations',
  },
  {
    name: 'relay: about to publish',
    phase: 'answered',
    operation: 'orders.select-unpublished',
    rows: true,
    of: 'relayed',
  },
  { name: 'relay: half published', phase: 'halfway', operation: 'Produce', of: 'relayed' },
  { name: 'relay: published, not acknowledged', phase: 'answered', operation: 'Produce', of: 'relayed' },
  { name: 'relay: published, not deleted', phase: 'asked', operation: 'orders.delete-published', of: 'relayed' },
  { name: 'relay: deleted, not acknowledged', phase: 'answered', operation: 'orders.delete-published', of: 'relayed' },
]

const payment: Point[] = [
  { name: 'about to charge', phase: 'asked', operation: 'POST /v1/charges', of: 'charges' },
  { name: 'charged, nothing written', phase: 'answered', operation: 'POST /v1/charges', of: 'charges' },
  { name: 'key voided, nothing written', phase: 'answered', operation: 'POST /v1/voids', of: 'charges' },
  { name: 'refunded, nothing written', phase: 'answered', operation: 'POST /v1/refunds', of: 'charges' },
]

const provider: Point[] = [
  { name: 'about to charge', phase: 'asked', operation: 'payment-provider.insert-charges', of: 'charges' },
  { name: 'charged, not answered', phase: 'answered', operation: 'payment-provider.insert-charges', of: 'charges' },
  { name: 'key voided, not answered', phase: 'answered', operation: 'payment-provider.insert-void', of: 'charges' },
  { name: 'refunded, not answered', phase: 'answered', operation: 'payment-provider.insert-refund', of: 'charges' },
]

/**
 * The mails first: for a minute no other process may send what a dead process had claimed, and that
 * minute then passes in parallel with the rest.
 */
const notification: Point[] = [
  { name: 'mail taken, not sent', phase: 'answered', operation: 'notification.take-mails', rows: true, of: 'mails' },
  { name: 'mail about to be sent', phase: 'asked', operation: 'mail', of: 'mails' },
  { name: 'mail sent, not acknowledged', phase: 'answered', operation: 'mail', of: 'mails' },
  { name: 'mail sent, not removed', phase: 'asked', operation: 'notification.remove-mails', of: 'mails' },
  { name: 'mail removed, not acknowledged', phase: 'answered', operation: 'notification.remove-mails', of: 'mails' },
  ...stagePoints('notification', 'notification.add-mails').filter(
    ({ operation, phase }) => operation === 'OffsetCommit' || (operation === 'commit' && phase === 'asked'),
  ),
  {
    name: 'committed, offsets not',
    phase: 'answered',
    operation: 'commit',
    within: 'notification.add-mails',
    of: messagesOf('notification'),
  },
]

export const allPoints: Plan = {
  gateway,
  orders: stagePoints('orders', 'orders.change-orders'),
  inventory: stagePoints('inventory', 'inventory.add-reservations'),
  payment: [...payment, ...stagePoints('payment', 'payment.add-payments')],
  'payment-provider': provider,
  shipping: stagePoints('shipping', 'shipping.add-shipments'),
  notification,
}

/** A few points of each service, chosen so that no kind of point is left out. */
export const somePoints: Plan = {
  gateway: gateway.filter(({ name }) => /durable|half|not deleted/.test(name)),
  orders: dealt(stagePoints('orders', 'orders.change-orders'), 0),
  inventory: dealt(stagePoints('inventory', 'inventory.add-reservations'), 1),
  payment: [payment[1]!, ...dealt(stagePoints('payment', 'payment.add-payments'), 2)],
  'payment-provider': provider.slice(1, 2),
  shipping: dealt(stagePoints('shipping', 'shipping.add-shipments'), 3),
  notification: notification.filter(({ name }) => /not removed|not committed/.test(name)).slice(0, 2),
}

function dealt(points: readonly Point[], turn: number): Point[] {
  return points.filter((_, n) => n % 4 === turn)
}
