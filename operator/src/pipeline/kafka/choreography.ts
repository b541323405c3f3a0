// Which messages do the built-in stages publish for an order? A spec says what a stage consumes and
// emits, not which message follows from which nor how often. For the built-in stages
// packages/order-events has both.
import {
  builtInStageNames,
  builtInStages,
  clearedTopic,
  isBuiltInStage,
  messagesPerOrder,
  productDefinitions,
  stockShare,
} from '@orderpipeline/order-events'
import type { OrderPipelineSpec, Placement, Stage } from '../../api/index.ts'

/** Messages on `to` for each message of `from` that `stage` has handled. */
export interface Follows {
  readonly stage: string
  readonly from: string
  readonly to: string
  readonly ratio: number
}

const follows: readonly Follows[] = [
  ...builtInStageNames.flatMap((stage) => builtInStages[stage].flows.map((flow) => ({ stage, ...flow }))),
  { stage: 'inventory', from: 'orders.validated', to: 'inventory.stock', ratio: stockShare },
  // Where orders are held, the payment reads the reservations that another stage has passed on.
  { stage: 'payment', from: clearedTopic, to: 'payment.processed', ratio: 1 },
]

/**
 * The flows whose stages are in the pipeline, as built-in stages that consume and emit these
 * topics.
 */
export function flowsOfBuiltInStages({ stages }: OrderPipelineSpec): Follows[] {
  return follows.filter(({ stage: name, from, to }) =>
    stages.some((stage) => builtIn(stage, name) && has(stage.consumes, from) && has(stage.emits, to)),
  )
}

const perOrder: ReadonlyMap<string, number> = new Map(Object.entries(messagesPerOrder))
/** The topics that the inventory publishes or consumes. */
const ofStock: ReadonlySet<string> = new Set(Object.values(productDefinitions).map(({ topic }) => topic))

/** Messages an order makes on a topic, where it is known; otherwise one. */
export function messagesPerOrderOn({ stages }: OrderPipelineSpec, topic: string): number {
  if (ofStock.has(topic) && stages.some((stage) => builtIn(stage, 'inventory'))) return stockShare
  const isBuiltIn = stages.some((stage) => isEmittedBy(stage, topic))
  return (isBuiltIn ? perOrder.get(topic) : undefined) ?? 1
}

function isEmittedBy(stage: Stage, topic: string): boolean {
  return isBuiltInStage(stage.name) && builtIn(stage, stage.name) && has(stage.emits, topic)
}

/** Whether a part runs a program of the services image. */
export function runsBuiltIn({ image, builtIn = false }: Placement): boolean {
  return image === undefined || builtIn
}

function builtIn(stage: Stage, name: string): boolean {
  return stage.name === name && runsBuiltIn(stage)
}
function has(topics: Stage['emits'], topic: string): boolean {
  return (topics ?? []).some((each) => each.topic === topic)
}
