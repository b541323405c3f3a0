// Which events do services exchange? This is the one package that they share.
export {
  announcedStatuses,
  CancellationReason,
  cancellationReasons,
  Currency,
  definitions,
  disputeOutcomes,
  HoldReason,
  OrderItem,
  orderStatuses,
  Parcel,
  ParcelStatus,
  parcelStatuses,
  PricedItem,
  Sku,
  terminalStatuses,
  UnitPriceCents,
} from './definitions.ts'
export type { AnnouncedStatus, DisputeOutcome, EventData, EventType, OrderStatus, Topic } from './definitions.ts'
export {
  allConsumedTopics,
  allEmittedTopics,
  builtInStageNames,
  builtInStages,
  consumedTopics,
  emittedTopics,
  gatewayEmits,
  gatewayEmitsToo,
  handledEvents,
  isBuiltInStage,
  messagesPerOrder,
  stockShare,
} from './built-in-stages.ts'
export type { BuiltInStage, BuiltInStageName } from './built-in-stages.ts'
export { eventId, eventOf, following, placedAtMs } from './event.ts'
export type { EventContext, EventOf, OrderEvent } from './event.ts'
export { clearedTopic, decode, decodeAny, encode, encodeCleared, topicOf, UndecodableEventError } from './codec.ts'
export type { EncodedEvent } from './codec.ts'
export { isProductEvent, productDefinitions, productEventOf } from './product-event.ts'
export type { ProductEvent, ProductEventOf, ProductEventType } from './product-event.ts'
export { priorities, priorityFrom, shareBeforeShedding, withPriority } from './priority.ts'
export type { Priority } from './priority.ts'
export { amountText, minorUnitsOf } from './currencies.ts'
