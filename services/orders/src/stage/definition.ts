// What is the orders stage? It prices placed orders, and alone decides how each one ends.
import type { StageContext, StageDefinition } from '@orderpipeline/kit-stage'
import { applyNews } from './apply.ts'

export function ordersStage({ now }: Pick<StageContext, 'now'>): StageDefinition<void> {
  return {
    role: 'orders',
    handles: [
      'OrderPlaced',
      'StockReserved',
      'StockRejected',
      'ReservationExpired',
      'PaymentCaptured',
      'PaymentDeclined',
      'PaymentRefunded',
      'ShipmentPrepared',
    ],
    apply: (tx, items) => applyNews(tx, items, now()),
  }
}
