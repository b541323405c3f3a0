// What do the built-in stages consume in the shop? For programs that run them without an operator.
import { builtInStageNames, consumedTopics } from '@orderpipeline/order-events'
import type { BuiltInStageName } from '@orderpipeline/order-events'

export { consumedTopics }

export type ShopStage = BuiltInStageName

export const shopStages: readonly ShopStage[] = builtInStageNames

/** Each once; every topic of the shop is consumed by one of its stages. */
export const shopTopics = [...new Set(Object.values(consumedTopics).flat())]
