// Which events has Kafka a topic for? Those about refunds of parts and disputes have topics that a
// pipeline need not declare; payment records disputes without them too.
import { builtInStageNames, builtInStages, topicOf } from '@orderpipeline/order-events'
import type { BuiltInStage, EventType, OrderEvent } from '@orderpipeline/order-events'

const optional: ReadonlySet<EventType> = new Set(
  builtInStageNames.flatMap((name) => {
    const { emitsToo = [] }: BuiltInStage = builtInStages[name]
    return emitsToo
  }),
)

/**
 * `hasTopic`: by the topic's name without a prefix. The topics of all other events must be there.
 */
export function publishable(
  events: readonly OrderEvent[],
  hasTopic: (topic: string) => boolean,
): readonly OrderEvent[] {
  return events.filter(({ type }) => !optional.has(type) || hasTopic(topicOf(type)))
}
