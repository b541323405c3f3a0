// What is the notification stage? It tells customers of each state of their orders, once. For now the log is its only sink.
import type { StageContext, StageDefinition } from '@orderpipeline/kit-stage'
import { addNotifications } from './sql/stage.ts'

export function notificationStage({ logger }: Pick<StageContext, 'logger'>): StageDefinition<void> {
  return {
    role: 'notification',
    handles: ['OrderStatusChanged'],
    apply: async (tx, items) => {
      const news = items.flatMap(({ event }) => (event.type === 'OrderStatusChanged' ? [event.data] : []))
      const told = await tx.query<{ order_id: string; status: string }>(addNotifications, [
        news.map(({ orderId }) => orderId),
        news.map(({ status }) => status),
        news.map(({ customerId }) => customerId),
        news.map(({ reason }) => reason ?? null),
      ])
      for (const { order_id, status } of told) logger.debug({ order: order_id, status }, 'customer notified')
      return []
    },
  }
}
