// What is the notification stage? It tells customers of each state of their orders, once: by mail where a mail server is configured,
// else in its log.
import type { Queryable } from '@orderpipeline/kit-postgres'
import type { Chore, Item, StageContext, StageDefinition } from '@orderpipeline/kit-stage'
import type { EventOf, OrderEvent } from '@orderpipeline/order-events'
import { marketingMails, orderMails } from './mails.ts'
import type { Addressing, Mail } from './mails.ts'
import { addMails, endsTold } from './sql/mails.ts'
import { addNotifications } from './sql/stage.ts'

export interface Mailing {
  readonly addressing: Addressing
  readonly chores: readonly Chore[]
}

export function notificationStage({ logger }: Pick<StageContext, 'logger'>, mailing?: Mailing): StageDefinition<void> {
  return {
    role: 'notification',
    handles: ['OrderStatusChanged', 'ProductsRecommended'],
    apply: async (tx, items) => {
      const told = await newlyTold(tx, items)
      for (const { data } of told) logger.debug({ order: data.orderId, status: data.status }, 'customer notified')
      if (mailing) await queue(tx, items, told, mailing.addressing)
      return []
    },
    chores: mailing?.chores ?? [],
  }
}

type StatusNews = EventOf<'OrderStatusChanged'>

async function newlyTold(tx: Queryable, items: readonly Item<void>[]): Promise<StatusNews[]> {
  const news = items.flatMap(({ event }) => (event.type === 'OrderStatusChanged' ? [event] : []))
  if (news.length === 0) return []
  const rows = await tx.query<{ order_id: string; status: string }>(addNotifications, [
    news.map(({ data }) => data.orderId),
    news.map(({ data }) => data.status),
    news.map(({ data }) => data.customerId),
    news.map(({ data }) => data.reason ?? null),
  ])
  const added = new Set(rows.map(({ order_id, status }) => `${order_id} ${status}`))
  return news.filter(({ data }) => added.has(`${data.orderId} ${data.status}`))
}

async function queue(
  tx: Queryable,
  items: readonly Item<void>[],
  told: readonly StatusNews[],
  addressing: Addressing,
): Promise<void> {
  const news: OrderEvent[] = items.map(({ event }) => event)
  const orderIds = [...new Set(told.map(({ data }) => data.orderId))]
  const ends = orderIds.length === 0 ? [] : await tx.query<{ order_id: string }>(endsTold, [orderIds])
  const ended = new Set(ends.map(({ order_id }) => order_id))
  const mails = [...orderMails(told, ended, addressing), ...marketingMails(news, addressing)]
  if (mails.length > 0) await tx.query(addMails, columns(mails))
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
