// What is the inventory stage? It reserves stock for validated orders and takes back that of cancelled ones.
import type { StageContext, StageDefinition } from '@orderpipeline/kit-stage'
import { applyToStock } from './apply.ts'

export function inventoryStage({ now }: Pick<StageContext, 'now'>): StageDefinition<void> {
  return {
    role: 'inventory',
    handles: ['OrderValidated', 'OrderCancelled'],
    apply: (tx, items) => applyToStock(tx, items, now()),
  }
}
