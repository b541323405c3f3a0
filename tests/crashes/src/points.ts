// At which points is a process killed? At these lines of its work, each recognised by the bytes on
// the wire at that moment.
import { messagesOf } from '@orderpipeline/test-support/accounts'
import type { Moment, Side } from '@orderpipeline/test-support/moment'

export interface Point {
  readonly name: string
  readonly side: Side
  readonly what: string
  /** Only in a transaction with this statement. */
  readonly within?: string
  /** Only where the answer has rows. */
  readonly rows?: true
  /** The account of the ids in flight at that moment. */
  readonly of: string
}

export type Plan = Readonly<Record<string, readonly Point[]>>

export function isAt(point: Point, moment: Moment): boolean {
  const { side, what, within, rows } = point
  if (moment.side !== side || moment.what !== what) return false
  if (rows && moment.rows.length === 0) return false
  return within === undefined || moment.within.some((statement) => statement.what === within)
}

/**
 * For every stage that publishes events. `effect`: the statement that writes what its messages
 * change.
 */
function stagePoints(stage: string, effect: string): Point[] {
  const of = messagesOf(stage)
  return [
    { name: 'effects written, not committed', side: 'asked', what: 'commit', within: effect, of },
    { name: 'committed, not published', side: 'answered', what: 'commit', within: 'outbox.keep', of },
    { name: 'about to publish', side: 'asked', what: 'Produce', of },
    { name: 'half published', side: 'halfway', what: 'Produce', of },
    { name: 'published, not acknowledged', side: 'answered', what: 'Produce', of },
    { name: 'published, outbox not cleared', side: 'asked', what: 'outbox.settle', of },
    { name: 'outbox cleared, offsets not committed', side: 'asked', what: 'OffsetCommit', of },
    { name: 'offsets committed, not acknowledged', side: 'answered', what: 'OffsetCommit', of },
  ]
}

const gateway: Point[] = [
  { name: 'order about to be written', side: 'asked', what: 'intake_insert_orders', of: 'orders' },
  { name: 'order durable, not answered', side: 'answered', what: 'intake_insert_orders', of: 'orders' },
  {
    name: 'cancellation written, not committed',
    side: 'asked',
    what: 'commit',
    within: 'cancellation.add-to-outbox',
    of: 'cancellations',
  },
  {
    name: 'cancellation durable, not answered',
    side: 'answered',
    what: 'commit',
    within: 'cancellation.add-to-outbox',
    of: 'cancellations',
  },
  { name: 'relay: about to publish', side: 'answered', what: 'relay_select_unpublished', rows: true, of: 'relayed' },
  { name: 'relay: half published', side: 'halfway', what: 'Produce', of: 'relayed' },
  { name: 'relay: published, not acknowledged', side: 'answered', what: 'Produce', of: 'relayed' },
  { name: 'relay: published, not deleted', side: 'asked', what: 'relay_delete_published', of: 'relayed' },
  { name: 'relay: deleted, not acknowledged', side: 'answered', what: 'relay_delete_published', of: 'relayed' },
]

const payment: Point[] = [
  { name: 'about to charge', side: 'asked', what: 'POST /v1/charges', of: 'charges' },
  { name: 'charged, nothing written', side: 'answered', what: 'POST /v1/charges', of: 'charges' },
  { name: 'key voided, nothing written', side: 'answered', what: 'POST /v1/voids', of: 'charges' },
  { name: 'refunded, nothing written', side: 'answered', what: 'POST /v1/refunds', of: 'charges' },
]

const provider: Point[] = [
  { name: 'about to charge', side: 'asked', what: 'ledger_insert', of: 'charges' },
  { name: 'charged, not answered', side: 'answered', what: 'ledger_insert', of: 'charges' },
  { name: 'key voided, not answered', side: 'answered', what: 'charges_void', of: 'charges' },
  { name: 'refunded, not answered', side: 'answered', what: 'refunds_insert', of: 'charges' },
]

/**
 * The mails first: for a minute no other process may send what a dead process had claimed, and that
 * minute then passes in parallel with the rest.
 */
const notification: Point[] = [
  { name: 'mail taken, not sent', side: 'answered', what: 'mails.take', rows: true, of: 'mails' },
  { name: 'mail about to be sent', side: 'asked', what: 'mail', of: 'mails' },
  { name: 'mail sent, not acknowledged', side: 'answered', what: 'mail', of: 'mails' },
  { name: 'mail sent, not removed', side: 'asked', what: 'mails.remove', of: 'mails' },
  { name: 'mail removed, not acknowledged', side: 'answered', what: 'mails.remove', of: 'mails' },
  ...stagePoints('notification', 'mails.add').filter(
    ({ what, side }) => what === 'OffsetCommit' || (what === 'commit' && side === 'asked'),
  ),
  {
    name: 'committed, offsets not',
    side: 'answered',
    what: 'commit',
    within: 'mails.add',
    of: messagesOf('notification'),
  },
]

export const allPoints: Plan = {
  gateway,
  orders: stagePoints('orders', 'orders.change'),
  inventory: stagePoints('inventory', 'inventory.add-reservations'),
  payment: [...payment, ...stagePoints('payment', 'payment.add')],
  'payment-provider': provider,
  shipping: stagePoints('shipping', 'shipping.add-shipments'),
  notification,
}

/** A few points of each service, chosen so that no kind of point is left out. */
export const somePoints: Plan = {
  gateway: gateway.filter(({ name }) => /durable|half|not deleted/.test(name)),
  orders: dealt(stagePoints('orders', 'orders.change'), 0),
  inventory: dealt(stagePoints('inventory', 'inventory.add-reservations'), 1),
  payment: [payment[1]!, ...dealt(stagePoints('payment', 'payment.add'), 2)],
  'payment-provider': provider.slice(1, 2),
  shipping: dealt(stagePoints('shipping', 'shipping.add-shipments'), 3),
  notification: notification.filter(({ name }) => /not removed|not committed/.test(name)).slice(0, 2),
}

function dealt(points: readonly Point[], turn: number): Point[] {
  return points.filter((_, n) => n % 4 === turn)
}
