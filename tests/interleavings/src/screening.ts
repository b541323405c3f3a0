// How does a stage between inventory and payment screen reservations, as a user's own stage would?
// It passes each on to the payment as it is, or keeps it back and asks for a hold. Always the same
// of the same order. Pure.
import { clearedTopic, eventOf, topicOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'

/**
 * `off`: there is no such stage. `on`: the payment reads only what it passes on. `rolling`:
 * replicas of the payment still read the reservations themselves.
 */
export type Screening = 'off' | 'on' | 'rolling'

export const screenedTopic = topicOf('StockReserved')

export interface Published {
  readonly topic: string
  readonly event: OrderEvent
}

export function published(event: OrderEvent): Published {
  return { topic: topicOf(event.type), event }
}

export function screened(
  event: OrderEvent,
  isSuspected: (orderId: string) => boolean,
  context: { readonly source: string; readonly now: Date },
): readonly Published[] {
  if (event.type !== 'StockReserved') return []
  const { orderId, customerId } = event.data
  if (!isSuspected(orderId)) return [{ topic: clearedTopic, event }]
  return [published(eventOf('HoldRequested', { orderId, customerId, reasons: ['TEST'] }, context))]
}

/** What a stage consumes in addition to, or instead of, its topics in the shop. */
export function consumedWith(screening: Screening, stage: string, topics: readonly string[]): readonly string[] {
  if (screening === 'off') return topics
  if (stage === 'orders') return [...topics, topicOf('HoldRequested')]
  if (stage !== 'payment') return topics
  const others = screening === 'on' ? topics.filter((topic) => topic !== screenedTopic) : topics
  return [...others, clearedTopic]
}
