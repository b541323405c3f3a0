// Which messages of a stage are more urgent? Those of orders of a higher class, by the weights that
// the pipeline gives the stage.
import type { StageOptions } from '@orderpipeline/kafka'
import { isProductEvent, priorities } from '@orderpipeline/order-events'
import type { OrderEvent, ProductEvent } from '@orderpipeline/order-events'
import { z } from 'zod'

/** Such as 8:4:1, in the order of the classes. */
export function priorityWeights() {
  return z
    .string()
    .regex(/^[1-9]\d{0,2}:[1-9]\d{0,2}:[1-9]\d{0,2}$/)
    .transform((text) => text.split(':').map(Number))
    .refine((weights) => weights.every((weight, index) => weight <= (weights[index - 1] ?? weight)))
    .describe('weights from 1 to 999 of high, standard and low, none above the one before, such as 8:4:1')
}

type Lanes = StageOptions<OrderEvent | ProductEvent, never>['lanes']

/** An event about a product is as urgent as a standard order. */
export function lanesOf(weights: readonly number[] | undefined): Lanes {
  if (!weights) return undefined
  return {
    settings: priorities.map((name, index) => ({ name, weight: weights[index] ?? 1 })),
    laneOf: (event) => priorities.indexOf((isProductEvent(event) ? undefined : event.priority) ?? 'standard'),
  }
}
