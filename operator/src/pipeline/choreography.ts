// What does an order make the built-in stages say? A spec tells what a stage consumes and emits,
// not which message follows from which nor how often; of the built-in stages it is known.
import type { OrderPipelineSpec, Placement, Stage } from '../api/index.ts'

/** Messages on `to` for each of `from` that `stage` is done with. */
export interface Follows {
  readonly stage: string
  readonly from: string
  readonly to: string
  readonly ratio: number
}

/**
 * Of orders that were paid or declined: declines and customers' second thoughts. An assumption,
 * where nobody says better.
 */
const cancelledShare = 0.05

/**
 * Levels of stock: one a product in some seconds, however many orders there are. An assumption as
 * well, and on the safe side.
 */
const stockShare = 0.05

const follows: readonly Follows[] = [
  { stage: 'orders', from: 'orders.placed', to: 'orders.validated', ratio: 1 },
  { stage: 'orders', from: 'orders.placed', to: 'orders.status', ratio: 1 },
  { stage: 'inventory', from: 'orders.validated', to: 'inventory.updated', ratio: 1 },
  { stage: 'inventory', from: 'orders.validated', to: 'inventory.stock', ratio: stockShare },
  { stage: 'payment', from: 'inventory.updated', to: 'payment.processed', ratio: 1 },
  { stage: 'orders', from: 'payment.processed', to: 'orders.fulfilment', ratio: 1 },
  { stage: 'orders', from: 'payment.processed', to: 'orders.status', ratio: 1 },
  { stage: 'orders', from: 'payment.processed', to: 'orders.cancelled', ratio: cancelledShare },
  // Of OrderConfirmed and OrderShipped, which share a topic, only the former makes shipping say
  // something.
  { stage: 'shipping', from: 'orders.fulfilment', to: 'shipping.updated', ratio: 0.5 },
  { stage: 'orders', from: 'shipping.updated', to: 'orders.fulfilment', ratio: 1 },
  { stage: 'orders', from: 'shipping.updated', to: 'orders.status', ratio: 1 },
]

/**
 * What these come to, where it is not one message an order: confirmed and shipped; priced,
 * confirmed and shipped.
 */
const perOrder: ReadonlyMap<string, number> = new Map([
  ['orders.fulfilment', 2],
  ['orders.status', 3],
  ['orders.cancelled', cancelledShare],
])

/** Those whose stages are in the pipeline, as built-in ones that consume and emit these topics. */
export function knownFlows({ stages }: OrderPipelineSpec): Follows[] {
  return follows.filter(({ stage: name, from, to }) =>
    stages.some((stage) => builtIn(stage, name) && has(stage.consumes, from) && has(stage.emits, to)),
  )
}

/** Likewise, of those that the inventory says or hears. */
const ofStock: ReadonlySet<string> = new Set(['inventory.stock', 'warehouse.deliveries'])

/** Messages an order makes on a topic, as far as is known; one otherwise. */
export function messagesPerOrderOn({ stages }: OrderPipelineSpec, topic: string): number {
  if (ofStock.has(topic) && stages.some((stage) => builtIn(stage, 'inventory'))) return stockShare
  const known = stages.some((stage) => builtIn(stage, 'orders') && has(stage.emits, topic))
  return (known ? perOrder.get(topic) : undefined) ?? 1
}

/** Whether a part runs a program of the services image. */
export const runsBuiltIn = ({ image, builtIn = false }: Placement): boolean => image === undefined || builtIn

const builtIn = (stage: Stage, name: string): boolean => stage.name === name && runsBuiltIn(stage)
const has = (topics: Stage['emits'], topic: string): boolean => (topics ?? []).some((each) => each.topic === topic)
