// What is the orders stage? It prices placed orders, and alone decides how each one ends.
import type { StageContext, StageDefinition } from '@orderpipeline/kit-stage'
import { applyNews } from './apply.ts'

export function ordersStage({ now }: Pick<StageContext, 'now'>): StageDefinition<void> {
  return {
    role: 'orders',
    handles: ['OrderPlaced', 'StockRejected', 'PaymentCaptured', 'PaymentDeclined'],
    apply: (tx, items) => applyNews(tx, items, now()),
  }
}
