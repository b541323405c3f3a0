// What is the notification stage? It notifies customers of each state of their orders, once: by
// mail where a mail server is configured, else in its log, and by the channels that a customer has
// agreed to.
import type { Queryable } from '@orderpipeline/postgres'
import type { PeriodicTask, Item, Sending, StageContext, StageDefinition } from '@orderpipeline/stage'
import { handledEvents } from '@orderpipeline/order-events'
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import { channelMessages, closedReminders, occasionsOf } from './channel-messages.ts'
import type { Recipient } from './channel-messages.ts'
import type { Channel } from './lanes.ts'
import { orderMails, parcelMails, refundMails, staleRecommendations } from './mails.ts'
import type { Addressing, Mail } from './mails.ts'
import { oldCodesTask } from './old-codes.ts'
import { addMails, endsNotified, removeWaiting } from './sql/mails.ts'
import { selectRecipients } from './sql/preferences.ts'
import { addNotifications } from './sql/stage.ts'

export interface Mailing {
  readonly addressing: Addressing
  /** Older recommendations have no mail, so that a late stage catches up with order mails first. */
  readonly marketing?: { since(): Date; dropped(count: number): void } | undefined
  /** By default mails alone. */
  readonly channels?: ReadonlySet<Channel> | undefined
  /** Drops what a full lane takes no more. Without it every lane takes all. */
  readonly bound?: ((mails: readonly Mail[]) => readonly Mail[]) | undefined
  readonly periodicTasks: readonly PeriodicTask[]
}

export function notificationStage({ logger }: Pick<StageContext, 'logger'>, mailing?: Mailing): StageDefinition<void> {
  return {
    role: 'notification',
    handles: handledEvents('notification'),
    // A mail may be a second late.
    spacing: { leastMs: 250, mostMs: 1_000, fullRate: 20 },
    apply: async (tx, items) => {
      const [changes, endedOrders, recipients] = await Promise.all([
        newStatusChanges(tx, items),
        mailing ? ends(tx, items) : new Set<string>(),
        mailing ? recipientsOf(tx, items, mailing) : noRecipients,
      ])
      return (sending, newItems) => {
        for (const { data } of changes) logger.debug({ order: data.orderId, status: data.status }, 'customer notified')
        if (mailing) queue(sending, newItems, { changes, endedOrders, recipients }, mailing)
        return []
      }
    },
    // A notification has to be remembered only as long as its message may be delivered again.
    retention: [{ table: 'notifications', days: 35 }],
    periodicTasks: [oldCodesTask(), ...(mailing?.periodicTasks ?? [])],
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

type Recipients = ReadonlyMap<string, Recipient>
const mailsAlone: ReadonlySet<Channel> = new Set<Channel>(['mail'])
const noRecipients: Recipients = new Map()

/** Events that only a mail about the order follows from need no look at preferences. */
async function recipientsOf(tx: Queryable, items: readonly Item<void>[], { channels }: Mailing): Promise<Recipients> {
  const mailAlone = (channels ?? mailsAlone).size === 1
  const concerned = items.flatMap(({ event: { type, data } }) => {
    const isConcerned = marketingEvents.has(type) || (!mailAlone && orderEvents.has(type))
    return isConcerned && 'customerId' in data ? [data.customerId] : []
  })
  if (concerned.length === 0) return noRecipients
  const rows = await tx.query<Recipient>(selectRecipients, [[...new Set(concerned)]])
  return new Map(rows.map((row) => [row.customerId, row]))
}

const marketingEvents: ReadonlySet<string> = new Set(['ProductsRecommended', 'CartAbandoned', 'CartClosed'])
const orderEvents: ReadonlySet<string> = new Set(['OrderStatusChanged', 'ParcelStatusChanged'])

interface Known {
  readonly changes: readonly StatusChange[]
  readonly endedOrders: ReadonlySet<string>
  readonly recipients: Recipients
}

function queue(
  tx: Sending,
  newItems: readonly Item<void>[],
  { changes, endedOrders, recipients }: Known,
  { addressing, marketing, channels = mailsAlone, bound = (mails) => mails }: Mailing,
): void {
  const events: OrderEvent[] = newItems.map(({ event }) => event)
  const since = marketing?.since()
  const stale = staleRecommendations(events, since)
  if (stale > 0) marketing?.dropped(stale)
  const mails = [
    ...orderMails(changes, endedOrders, addressing),
    ...parcelMails(events, addressing),
    ...refundMails(events, addressing),
    ...bound(channelMessages(occasionsOf(changes, events, since), recipients, addressing, channels)),
  ]
  if (mails.length > 0) tx.send(addMails, columns(mails))
  // Behind it: a cart may be closed in the batch in which it was abandoned.
  const closedIds = closedReminders(events, recipients, addressing)
  if (closedIds.length > 0) tx.send(removeWaiting, [closedIds])
}

function columns(mails: readonly Mail[]): unknown[] {
  return [
    mails.map(({ lane }) => lane),
    mails.map(({ messageId }) => messageId),
    mails.map(({ recipient }) => recipient),
    mails.map(({ subject }) => subject),
    mails.map(({ body }) => body),
    mails.map(({ traceparent }) => traceparent ?? null),
    mails.map(({ customerId }) => customerId ?? null),
  ]
}
