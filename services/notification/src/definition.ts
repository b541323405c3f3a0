// What is the notification stage? It notifies customers of each state of their orders, once: by
// mail where a mail server is configured, else in its log.
import type { Queryable } from '@orderpipeline/postgres'
import type { PeriodicTask, Item, Sending, StageContext, StageDefinition } from '@orderpipeline/stage'
import { handledEvents } from '@orderpipeline/order-events'
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import { marketingMails, orderMails, parcelMails, refundMails } from './mails.ts'
import type { Addressing, Mail } from './mails.ts'
import { addMails, endsNotified } from './sql/mails.ts'
import { addNotifications } from './sql/stage.ts'

export interface Mailing {
  readonly addressing: Addressing
  /** Older recommendations have no mail, so that a late stage catches up with order mails first. */
  readonly marketing?: { since(): Date; dropped(count: number): void } | undefined
  readonly periodicTasks: readonly PeriodicTask[]
}

export function notificationStage({ logger }: Pick<StageContext, 'logger'>, mailing?: Mailing): StageDefinition<void> {
  return {
    role: 'notification',
    handles: handledEvents('notification'),
    // A mail may be a second late.
    spacing: { leastMs: 250, mostMs: 1_000, fullRate: 20 },
    apply: async (tx, items) => {
      const [changes, endedOrders] = await Promise.all([
        newStatusChanges(tx, items),
        mailing ? ends(tx, items) : new Set<string>(),
      ])
      return (sending, newItems) => {
        for (const { data } of changes) logger.debug({ order: data.orderId, status: data.status }, 'customer notified')
        if (mailing) queue(sending, newItems, changes, endedOrders, mailing)
        return []
      }
    },
    // A notification has to be remembered only as long as its message may be delivered again.
    retention: [{ table: 'notifications', days: 35 }],
    periodicTasks: mailing?.periodicTasks ?? [],
  }
}

type StatusChange = EventOf<'OrderStatusChanged'>

async function newStatusChanges(tx: Queryable, items: readonly Item<void>[]): Promise<StatusChange[]> {
  const statusChanges = items.flatMap(({ event }) => (event.type === 'OrderStatusChanged' ? [event] : []))
  if (statusChanges.length === 0) return []
  const rows = await tx.query<{ order_id: string; status: string }>(addNotifications, [
    statusChanges.map(({ data }) => data.orderId),
    statusChanges.map(({ data }) => data.status),
    statusChanges.map(({ data }) => data.customerId),
    statusChanges.map(({ data }) => data.reason ?? null),
  ])
  const addedKeys = new Set(rows.map(({ order_id, status }) => `${order_id} ${status}`))
  return statusChanges.filter(({ data }) => addedKeys.has(`${data.orderId} ${data.status}`))
}

/** Queried after the new notifications are stored, so that they are among them. */
async function ends(tx: Queryable, items: readonly Item<void>[]): Promise<ReadonlySet<string>> {
  const orderIds = [...new Set(items.map(({ event }) => event).flatMap(orderOf))]
  const rows = orderIds.length === 0 ? [] : await tx.query<{ order_id: string }>(endsNotified, [orderIds])
  return new Set(rows.map(({ order_id }) => order_id))
}

function orderOf(event: OrderEvent): string[] {
  return event.type === 'OrderStatusChanged' ? [event.data.orderId] : []
}

function queue(
  tx: Sending,
  newItems: readonly Item<void>[],
  changes: readonly StatusChange[],
  endedOrders: ReadonlySet<string>,
  { addressing, marketing }: Mailing,
): void {
  const events: OrderEvent[] = newItems.map(({ event }) => event)
  const recommended = marketingMails(events, addressing, marketing?.since())
  if (recommended.dropped > 0) marketing?.dropped(recommended.dropped)
  const mails = [
    ...orderMails(changes, endedOrders, addressing),
    ...parcelMails(events, addressing),
    ...refundMails(events, addressing),
    ...recommended.mails,
  ]
  if (mails.length > 0) tx.send(addMails, columns(mails))
}

function columns(mails: readonly Mail[]): unknown[] {
  return [
    mails.map(({ lane }) => lane),
    mails.map(({ messageId }) => messageId),
    mails.map(({ recipient }) => recipient),
    mails.map(({ subject }) => subject),
    mails.map(({ body }) => body),
    mails.map(({ traceparent }) => traceparent ?? null),
  ]
}
