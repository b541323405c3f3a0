// What can happen to orders between the services? Their real decisions in a simulated environment:
// topics that overtake each other, replicas that die at any line, messages that are redelivered or
// become dead letters, a provider that decides late.
import { allocate, inventoryStage } from '@orderpipeline/inventory'
import type { Quantities, ReservationStatus } from '@orderpipeline/inventory'
import { clearedTopic, eventOf } from '@orderpipeline/order-events'
import type {
  BuiltInStageName,
  CancellationReason,
  EventType,
  OrderEvent,
  OrderStatus,
} from '@orderpipeline/order-events'
import { consumedTopics } from '@orderpipeline/stage/testing'
import { cancellable, cancelled, decide, ordersStage, released } from '@orderpipeline/orders'
import type { StoredParcel } from '@orderpipeline/orders'
import { callFor, createProvider, paymentStage, settle } from '@orderpipeline/payment'
import type { ProviderAnswer, Payment } from '@orderpipeline/payment'
import { nextParcelStatus, planShipments, shippingStage } from '@orderpipeline/shipping'
import type { CarriedStatus, ParcelStatus, ShipmentStatus } from '@orderpipeline/shipping'
import { ModelKafka } from './model-kafka.ts'
import { ProviderModel } from './provider-model.ts'
import { consumedWith, published, screened, screenedTopic } from './screening.ts'
import type { Published, Screening } from './screening.ts'
import { Timelines } from './timelines.ts'
import type { FinalState, Crash, HoldDecision, Order, PendingMessage, ShopUnderTest } from './steps.ts'

/** As the stages themselves declare them; the provider is not called for this. */
const provider = createProvider({ url: 'http://provider.invalid', timeoutMs: 1 })
const clock = { now: () => now }
export const hears = {
  orders: ordersStage(clock).handles,
  inventory: inventoryStage(clock).handles,
  payment: paymentStage(provider, clock).handles,
  shipping: shippingStage(clock).handles,
} satisfies Partial<Record<BuiltInStageName, readonly EventType[]>>

/** The stages that decide about an order. */
export type Stage = keyof typeof hears
export const stages = Object.keys(hears) as Stage[]
export const consumes: Record<Stage, readonly string[]> = consumedTopics

/**
 * A message that only moves an order on may be lost, and the order ends by its deadline; a message
 * that has taken effect cannot become a dead letter any more.
 */
export function canBeGivenUp({ type }: OrderEvent): boolean {
  return type === 'OrderValidated' || type === 'StockReserved' || type === 'OrderConfirmed'
}

const now = new Date(0)
const context = { source: '/test', now }
export const price = 100
const parcel = { carrier: 'Test', trackingNumber: 'N' }
const screeningStage = 'screening'

export interface ModelOptions {
  readonly declines: (orderId: string) => boolean
  readonly screening: Screening
  readonly isSuspected: (orderId: string) => boolean
  /** How time decides about a held order. */
  readonly atDue: 'CANCEL' | 'RELEASE'
}

export class ModelShop implements ShopUnderTest {
  readonly orders: readonly Order[]
  readonly statuses = new Map<string, OrderStatus>()
  /** Every status an order has had, in order. */
  readonly history = new Map<string, OrderStatus[]>()
  readonly timelines = new Timelines()
  readonly stock: Map<string, number>
  readonly reservations = new Map<string, ReservationStatus>()
  readonly held = new Map<string, Quantities>()
  readonly payments = new Map<string, Payment>()
  readonly shipments = new Map<string, ShipmentStatus>()
  /** The carrier's state: orders with a label. */
  readonly labels = new Set<string>()
  /** Parcels as shipping knows them, and as the orders service does. */
  readonly parcels = new Map<string, ParcelStatus>()
  readonly shown = new Map<string, StoredParcel['status']>()
  readonly provider: ProviderModel

  readonly #kafka = new ModelKafka()
  readonly #inboxes = new Map<Stage, Set<string>>(stages.map((stage) => [stage, new Set()]))
  readonly #outboxes = new Map<string, readonly OrderEvent[]>()
  readonly #prepared = new Map<string, { readonly answer: ProviderAnswer | 'charging' }>()
  readonly #relay: Published[] = []
  readonly #holds = new Map<string, NonNullable<FinalState['hold']>>()
  readonly #options: ModelOptions

  constructor(orders: readonly Order[], stock: ReadonlyMap<string, number>, options: ModelOptions) {
    this.orders = orders
    this.stock = new Map(stock)
    this.provider = new ProviderModel(options.declines)
    this.#options = options
    for (const { orderId, items } of orders) {
      this.statuses.set(orderId, 'PLACED')
      this.history.set(orderId, ['PLACED'])
      this.timelines.placed(orderId)
      const data = { ...this.#about(orderId), items: [...items], currency: 'EUR' }
      this.#relay.push(published(eventOf('OrderPlaced', data, context)))
    }
  }

  books(): FinalState[] {
    return this.orders.map((order) => ({
      order,
      history: this.history.get(order.orderId) ?? [],
      kept: this.provider.kept(order.orderId),
      charged: this.provider.hasCaptured(order.orderId),
      hold: this.#holds.get(order.orderId),
      payment: this.payments.get(order.orderId)?.status,
      reservation: this.reservations.get(order.orderId),
      shipment: this.shipments.get(order.orderId),
      label: this.labels.has(order.orderId),
      parcel: { shipping: this.parcels.get(order.orderId), orders: this.shown.get(order.orderId) },
    }))
  }

  providerDecides(which: number): boolean {
    if (this.provider.underWay === 0) return false
    this.provider.decide(which % this.provider.underWay)
    return true
  }

  /** By the customer or the clock: decided at once, published when the relay reaches it. */
  cancel(orderId: string, reason: CancellationReason): void {
    const status = this.statuses.get(orderId)
    if (status === undefined || !cancellable(status)) return
    const decision = cancelled(this.#about(orderId), reason, context)
    this.#put(orderId, 'CANCELLED')
    this.timelines.ended(orderId, decision)
    this.#relay.push(...decision.events.map(published))
  }

  decideHold(orderId: string, decision: HoldDecision): void {
    if (this.statuses.get(orderId) !== 'HELD') return
    if (decision === 'REJECT') return this.cancel(orderId, 'FRAUD')
    const { items = [] } = this.orders.find((order) => order.orderId === orderId) ?? {}
    const release = released(
      {
        ...this.#about(orderId),
        ...{ currency: 'EUR', items, totalCents: items.reduce((sum, { quantity }) => sum + quantity * price, 0) },
        isReserved: this.timelines.has(orderId, 'StockReserved'),
        isCaptured: this.timelines.has(orderId, 'PaymentCaptured'),
      },
      context,
    )
    if (!release) return
    this.#put(orderId, release.status)
    this.#holds.set(orderId, 'RELEASED')
    this.timelines.released(orderId, release)
    if (release.cleared) this.#relay.push({ topic: clearedTopic, event: release.cleared })
    this.#relay.push(...release.events.map(published))
  }

  holdsAreDue(): void {
    for (const { orderId } of this.orders)
      this.decideHold(orderId, this.#options.atDue === 'RELEASE' ? 'RELEASE' : 'REJECT')
  }

  expire(orderId: string): void {
    if (this.reservations.get(orderId) === 'RESERVED') {
      this.#kafka.publish([eventOf('ReservationExpired', this.#about(orderId), context)])
    }
  }

  carrierSays(report: CarriedStatus): void {
    for (const [orderId, status] of this.parcels) {
      const shipment = this.shipments.get(orderId)
      if (shipment === 'RECALLED' || shipment === 'CANCELLED_EARLY') {
        this.labels.delete(orderId)
        this.parcels.set(orderId, 'VOIDED')
      }
      const next = shipment === 'DISPATCHED' ? nextParcelStatus(status, report) : status
      if (next === status) continue
      this.parcels.set(orderId, next)
      const type = { DELIVERED: 'ParcelDelivered', RETURNED: 'ParcelReturned' } as const
      const eventType = next === 'DELIVERED' || next === 'RETURNED' ? type[next] : 'ParcelDeliveryFailed'
      this.#kafka.publish([eventOf(eventType, { ...this.#about(orderId), shipmentId: orderId, parcel }, context)])
    }
  }

  relay(forgets: boolean): boolean {
    const [message] = this.#relay
    if (!message) return false
    this.#kafka.publishTo([message])
    if (!forgets) this.#relay.shift()
    return true
  }

  /** What a stage can handle next: the stage, and the log it reads. */
  pending(): PendingMessage[] {
    const { screening } = this.#options
    const unread = (stage: string, topics: readonly string[]) =>
      this.#kafka.unread(stage, topics).map((log) => ({ stage, log }))
    return [
      ...stages.flatMap((stage) => unread(stage, consumedWith(screening, stage, consumes[stage]))),
      ...(screening === 'off' ? [] : unread(screeningStage, [screenedTopic])),
    ]
  }

  giveUp({ stage, log }: PendingMessage): void {
    const event = this.#kafka.next(stage, log)
    const effected = event && this.#inboxes.get(stage as Stage)?.has(event.id)
    if (event && canBeGivenUp(event) && !effected) this.#kafka.advance(stage, log)
  }

  handle(message: PendingMessage, crash: Crash): void {
    if (message.stage === screeningStage) return this.#screen(message, crash)
    const [stage, log] = [message.stage as Stage, message.log]
    const event = this.#kafka.next(stage, log)
    if (!event) return
    if (!hears[stage].includes(event.type)) return this.#kafka.advance(stage, log)
    const delivery = `${stage} ${log}`
    const source = `${stage} ${event.id}`
    if (stage === 'payment' && !this.#isPrepared(delivery, event)) return
    const label = stage === 'shipping' && this.#labelled(event)
    if (crash === 'before its effect') return void this.#prepared.delete(delivery)
    const inbox = this.#inboxes.get(stage)
    if (!inbox?.has(event.id)) {
      inbox?.add(event.id)
      this.#outboxes.set(source, this.#react(stage, event, delivery, label))
    }
    this.#prepared.delete(delivery)
    if (crash === 'before publishing') return
    this.#kafka.publish(this.#outboxes.get(source) ?? [])
    if (crash === 'before its offset') return
    this.#outboxes.delete(source)
    this.#kafka.advance(stage, log)
  }

  /** It has no tables: what it passed on before a crash, it passes on again. */
  #screen({ stage, log }: PendingMessage, crash: Crash): void {
    const event = this.#kafka.next(stage, log)
    if (!event || crash === 'before its effect' || crash === 'before publishing') return
    this.#kafka.publishTo(screened(event, this.#options.isSuspected, context))
    if (crash !== 'before its offset') this.#kafka.advance(stage, log)
  }

  /** Calls to the provider, made before the transaction. False: no answer yet. */
  #isPrepared(delivery: string, event: OrderEvent): boolean {
    if (event.type !== 'StockReserved' && event.type !== 'OrderCancelled' && event.type !== 'RefundRequested')
      return true
    const { orderId } = event.data
    const preparation = this.#prepared.get(delivery)?.answer
    if (preparation === 'charging' && event.type === 'StockReserved') {
      const outcome = this.provider.answer(orderId)
      if (outcome) this.#prepared.set(delivery, { answer: { kind: 'charged', reserved: event, outcome } })
      return outcome !== undefined
    }
    if (preparation !== undefined) return true
    if (event.type === 'StockReserved') {
      this.provider.begin(orderId, event.data.totalCents)
      this.#prepared.set(delivery, { answer: 'charging' })
      return false
    }
    this.#prepared.set(delivery, { answer: this.#stoppedOrRefunded(orderId, callFor(this.payments.get(orderId))) })
    // Between the answer and the transaction anything may happen.
    return false
  }

  #stoppedOrRefunded(orderId: string, call: ReturnType<typeof callFor>): ProviderAnswer {
    if (call.kind === 'refund') return { kind: 'refunded', refund: this.provider.refund(orderId, call.chargeId) }
    if (call.kind !== 'void') return { kind: 'nothing' }
    const stopped = this.provider.stop(orderId)
    return stopped.status === 'captured'
      ? { kind: 'refunded', refund: this.provider.refund(orderId, stopped.chargeId) }
      : { kind: 'voided' }
  }

  #react(stage: Stage, event: OrderEvent, delivery: string, label: boolean): readonly OrderEvent[] {
    if (stage === 'orders') return this.#ordersHear(event)
    if (stage === 'inventory') return this.#inventoryHears(event)
    if (stage === 'shipping') return this.#shippingHears(event, label)
    return this.#paymentHears(event, this.#prepared.get(delivery)?.answer)
  }

  #ordersHear(event: OrderEvent): readonly OrderEvent[] {
    const { orderId } = event.data
    const status = this.statuses.get(orderId) ?? 'PLACED'
    const items = this.orders.find((order) => order.orderId === orderId)?.items ?? []
    const facts = {
      ...{ priceOf: () => price, itemsOf: () => items },
      parcelStatusOf: () => this.shown.get(orderId),
      wasHeld: () => this.#holds.has(orderId),
    }
    const decision = decide(status, event, facts, now)
    if (decision?.parcel) this.shown.set(orderId, decision.parcel.status)
    this.timelines.news(event, status, decision)
    if (decision && decision.status !== status) this.#put(orderId, decision.status)
    return decision?.events ?? []
  }

  #inventoryHears(event: OrderEvent): readonly OrderEvent[] {
    const inventory = { stock: this.stock, reservations: this.reservations, heldItems: this.held }
    const { newReservations, released, reservedItems, deltas, answers } = allocate([event], inventory)
    for (const [orderId, status] of newReservations) this.reservations.set(orderId, status)
    for (const orderId of released) this.reservations.set(orderId, 'RELEASED')
    for (const [orderId, quantities] of reservedItems) this.held.set(orderId, quantities)
    for (const [sku, delta] of deltas) this.stock.set(sku, (this.stock.get(sku) ?? 0) + delta)
    return answers.map(({ cause, missingSkus }) => {
      const { orderId, customerId, totalCents, currency } = cause.data
      return missingSkus.length === 0
        ? eventOf('StockReserved', { orderId, customerId, totalCents, currency }, context)
        : eventOf('StockRejected', { orderId, customerId, missingSkus: [...missingSkus] }, context)
    })
  }

  #paymentHears(event: OrderEvent, answer: ProviderAnswer | 'charging' | undefined): readonly OrderEvent[] {
    if (event.type !== 'StockReserved' && event.type !== 'OrderCancelled' && event.type !== 'RefundRequested') return []
    if (answer === undefined || answer === 'charging') return []
    const settlement = settle(this.payments.get(event.data.orderId), event, answer, now)
    if (settlement) this.payments.set(event.data.orderId, settlement.payment)
    return settlement?.event ? [settlement.event] : []
  }

  /** As the stage prepares: whether the message in flight has a label. */
  #labelled(event: OrderEvent): boolean {
    const { orderId } = event.data
    const previous = this.shipments.get(orderId)
    if (previous ? previous === 'CANCELLED_EARLY' : event.type === 'OrderCancelled') this.labels.delete(orderId)
    if (previous || event.type !== 'OrderConfirmed') return false
    this.labels.add(orderId)
    return true
  }

  #shippingHears(event: OrderEvent, label: boolean): readonly OrderEvent[] {
    if (label && !this.parcels.has(event.data.orderId)) this.parcels.set(event.data.orderId, 'UNDERWAY')
    const { newShipments, changedStatuses: statusChanges, prepared } = planShipments([event], this.shipments)
    for (const [orderId, { status }] of newShipments) this.shipments.set(orderId, status)
    for (const [orderId, status] of statusChanges) this.shipments.set(orderId, status)
    return prepared.map(({ data: { orderId } }) =>
      eventOf(
        'ShipmentPrepared',
        { ...this.#about(orderId), shipmentId: orderId, ...(label ? { parcel } : {}) },
        context,
      ),
    )
  }

  #put(orderId: string, status: OrderStatus): void {
    if (status === 'HELD') this.#holds.set(orderId, 'open')
    if (this.statuses.get(orderId) === 'HELD' && status === 'CANCELLED') this.#holds.set(orderId, 'CANCELLED')
    this.statuses.set(orderId, status)
    this.history.get(orderId)?.push(status)
  }

  #about(orderId: string): { orderId: string; customerId: string } {
    return { orderId, customerId: `customer of ${orderId.slice(-4)}` }
  }
}
