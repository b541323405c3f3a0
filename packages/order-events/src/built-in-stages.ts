// Which stages come with the platform, what does each handle and emit, and what follows from what?
// The one list of them: programs, schemas, choreography, rules and test environments are made from
// it. The order is the one in which an order meets the stages.
import { definitions } from './definitions.ts'
import type { EventType, Topic } from './definitions.ts'

export interface BuiltInStage {
  readonly handles: readonly EventType[]
  /** Handled where a pipeline has the stage consume their topics; the shop has no such topics. */
  readonly handlesToo?: readonly EventType[]
  readonly emits: readonly EventType[]
  /** Emitted where a pipeline has the stage emit their topics; the shop has no such topics. */
  readonly emitsToo?: readonly EventType[]
  /** Messages that the stage writes to `to` for each message of `from`; nothing else follows. */
  readonly flows: readonly { readonly from: Topic; readonly to: Topic; readonly ratio: number }[]
}

/**
 * The share of orders that is cancelled once it was paid or declined: declines and customers'
 * second thoughts. An assumption, which a user of `capacity` and `simulate` may replace.
 */
const cancelledShare = 0.05

/** The share of orders of which a part is refunded or disputed. An assumption as well. */
const refundedShare = 0.05

/**
 * Levels of stock for each order that is validated, where the inventory publishes them: one a
 * product in some seconds, however many orders there are. An assumption as well, on the safe side.
 */
export const stockShare = 0.05

export const builtInStages = {
  orders: {
    handles: [
      'OrderPlaced',
      'StockReserved',
      'StockRejected',
      'ReservationExpired',
      'PaymentCaptured',
      'PaymentDeclined',
      'PaymentRefunded',
      'ShipmentPrepared',
      'ParcelDelivered',
      'ParcelDeliveryFailed',
      'ParcelReturned',
    ],
    handlesToo: [
      'HoldRequested',
      'PaymentPartlyRefunded',
      'PartialRefundRefused',
      'PaymentDisputed',
      'PaymentDisputeClosed',
    ],
    emits: [
      'OrderValidated',
      'OrderConfirmed',
      'OrderShipped',
      'OrderCancelled',
      'RefundRequested',
      'OrderStatusChanged',
      'ParcelStatusChanged',
    ],
    emitsToo: ['PartialRefundRequested', 'ItemsReturned'],
    flows: [
      { from: 'orders.placed', to: 'orders.validated', ratio: 1 },
      { from: 'orders.placed', to: 'orders.status', ratio: 1 },
      { from: 'payment.processed', to: 'orders.fulfilment', ratio: 1 },
      { from: 'payment.processed', to: 'orders.status', ratio: 1 },
      { from: 'payment.processed', to: 'orders.cancelled', ratio: cancelledShare },
      { from: 'shipping.updated', to: 'orders.fulfilment', ratio: 1 },
      { from: 'shipping.updated', to: 'orders.status', ratio: 1 },
      { from: 'shipping.updated', to: 'orders.refunds', ratio: refundedShare },
    ],
  },
  inventory: {
    handles: ['OrderValidated', 'OrderConfirmed', 'OrderCancelled'],
    handlesToo: ['ItemsReturned'],
    emits: ['StockReserved', 'StockRejected', 'ReservationExpired'],
    flows: [{ from: 'orders.validated', to: 'inventory.updated', ratio: 1 }],
  },
  payment: {
    handles: ['StockReserved', 'OrderCancelled', 'RefundRequested'],
    handlesToo: ['PartialRefundRequested'],
    emits: ['PaymentCaptured', 'PaymentDeclined', 'PaymentRefunded'],
    emitsToo: ['PaymentPartlyRefunded', 'PartialRefundRefused', 'PaymentDisputed', 'PaymentDisputeClosed'],
    flows: [
      { from: 'inventory.updated', to: 'payment.processed', ratio: 1 },
      { from: 'orders.refunds', to: 'payment.adjusted', ratio: 1 },
    ],
  },
  shipping: {
    handles: ['OrderConfirmed', 'OrderShipped', 'OrderCancelled'],
    emits: ['ShipmentPrepared', 'ParcelDelivered', 'ParcelDeliveryFailed', 'ParcelReturned'],
    // OrderConfirmed and OrderShipped share a topic, and only the former is answered.
    flows: [{ from: 'orders.fulfilment', to: 'shipping.updated', ratio: 0.5 }],
  },
  notification: {
    handles: ['OrderStatusChanged', 'ParcelStatusChanged'],
    handlesToo: ['ProductsRecommended', 'CartAbandoned', 'CartClosed', 'PaymentPartlyRefunded'],
    emits: [],
    flows: [],
  },
} as const satisfies Readonly<Record<string, BuiltInStage>>

/** What the gateway's relay publishes: accepted orders, and cancellations with their status. */
export const gatewayEmits: readonly EventType[] = ['OrderPlaced', 'OrderCancelled', 'OrderStatusChanged']

/** Where a pipeline has the gateway emit their topic: refunds of parts that staff requests. */
export const gatewayEmitsToo: readonly EventType[] = ['PartialRefundRequested', 'ItemsReturned']

/**
 * Messages that one order makes on a topic, where it is not one: it is confirmed and shipped;
 * priced, confirmed and shipped; and seldom cancelled.
 */
export const messagesPerOrder: Readonly<Partial<Record<Topic, number>>> = {
  'orders.fulfilment': 2,
  'orders.status': 3,
  'orders.cancelled': cancelledShare,
  'orders.refunds': refundedShare,
  'payment.adjusted': refundedShare,
}

export type BuiltInStageName = keyof typeof builtInStages

export const builtInStageNames = Object.keys(builtInStages) as BuiltInStageName[]

export function isBuiltInStage(name: string): name is BuiltInStageName {
  return Object.hasOwn(builtInStages, name)
}

/** The topics of the shop that each of them consumes. */
export const consumedTopics = byStage(({ handles }) => topicsOf(handles))

export const emittedTopics = byStage(({ emits }) => topicsOf(emits))

/** With those that a pipeline may have it consume in addition. */
export const allConsumedTopics = byStage(({ handles, handlesToo = [] }) => topicsOf([...handles, ...handlesToo]))

/** With those that a pipeline may have it emit in addition. */
export const allEmittedTopics = byStage(({ emits, emitsToo = [] }) => topicsOf([...emits, ...emitsToo]))

/** Every event type that a built-in stage handles, wherever it comes from. */
export function handledEvents(name: BuiltInStageName): readonly EventType[] {
  const { handles, handlesToo = [] }: BuiltInStage = builtInStages[name]
  return [...handles, ...handlesToo]
}

function topicsOf(events: readonly EventType[]): readonly Topic[] {
  return [...new Set(events.map((event) => definitions[event].topic))]
}

function byStage<T>(of: (stage: BuiltInStage) => T): Readonly<Record<BuiltInStageName, T>> {
  return Object.fromEntries(builtInStageNames.map((name) => [name, of(builtInStages[name])])) as Record<
    BuiltInStageName,
    T
  >
}
