// What can happen to orders between the services? Their real decisions in a simulated environment:
// topics that overtake each other, replicas that die at any line, messages that are redelivered or
// become dead letters, a provider that decides late.
import { allocate, inventoryStage } from '@orderpipeline/inventory'
import type { Quantities, ReservationStatus } from '@orderpipeline/inventory'
import { allConsumedTopics, clearedTopic, eventId, eventOf } from '@orderpipeline/order-events'
import type {
  BuiltInStageName,
  CancellationReason,
  EventType,
  OrderEvent,
  OrderStatus,
} from '@orderpipeline/order-events'
import {
  cancellable,
  cancelled,
  decide,
  decideRefund,
  noMoney,
  ordersStage,
  refundEvents,
  released,
} from '@orderpipeline/orders'
import type { Money, StoredParcel } from '@orderpipeline/orders'
import { callFor, createProvider, paymentStage, ProviderError } from '@orderpipeline/payment'
import type { ProviderAnswer, Payment } from '@orderpipeline/payment'
import { nextParcelStatus, planShipments, shippingStage } from '@orderpipeline/shipping'
import type { CarriedStatus, ParcelStatus, ShipmentStatus } from '@orderpipeline/shipping'
import { ModelKafka } from './model-kafka.ts'
import { aboutOf, ModelMoney } from './model-money.ts'
import { ProviderModel } from './provider-model.ts'
import { consumedWith, published, screened, screenedTopic } from './screening.ts'
import type { Published, Screening } from './screening.ts'
import { Timelines } from './timelines.ts'
import type { Adjustments, FinalState, Crash, HoldDecision, Order, PendingMessage, ShopUnderTest } from './steps.ts'

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
export const consumes: Record<Stage, readonly string[]> = allConsumedTopics

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
  /** The pipeline has refunds of parts and disputes. */
  readonly refunds: boolean
}

export class ModelShop implements ShopUnderTest {
  readonly orders: readonly Order[]
  readonly statuses = new Map<string, OrderStatus>()
  /** Every status an order has had, in order. */
  readonly history = new Map<string, OrderStatus[]>()
  readonly timelines: Timelines
  readonly stock: Map<string, number>
  readonly reservations = new Map<string, ReservationStatus>()
  readonly held = new Map<string, Quantities>()
  /** Refunds and disputes as the orders service shows them. */
  readonly adjusted = new Map<string, Money>()
  readonly money: ModelMoney
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
    this.timelines = new Timelines(options.refunds)
    this.stock = new Map(stock)
    this.provider = new ProviderModel(options.declines)
    this.money = new ModelMoney(this.provider, (events) => this.#kafka.publish(events))
    this.#options = options
    for (const { orderId, items } of orders) {
      this.statuses.set(orderId, 'PLACED')
      this.history.set(orderId, ['PLACED'])
      this.timelines.placed(orderId)
      const data = { ...aboutOf(orderId), items: [...items], currency: 'EUR' }
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
      payment: this.money.payments.get(order.orderId)?.status,
      adjustments: this.#adjustments(order.orderId),
      reservation: this.reservations.get(order.orderId),
      shipment: this.shipments.get(order.orderId),
      label: this.labels.has(order.orderId),
      parcel: { shipping: this.parcels.get(order.orderId), orders: this.shown.get(order.orderId) },
    }))
  }

  #adjustments(orderId: string): Adjustments {
    const dispute = this.provider.disputes.get(orderId)
    return {
      parts: this.provider.refundedInParts(orderId),
      lost: dispute?.status === 'LOST' ? dispute.amountCents : 0,
      disputed: dispute !== undefined,
      shown: this.adjusted.get(orderId) ?? noMoney,
      due: this.money.owes(orderId),
    }
  }

  /** Staff asks for some cents, or for the first line; pieces of shipped orders go into stock. */
  refundPart(orderId: string, which: number): void {
    if (!this.#options.refunds) return
    const { refunds, disputes } = this.adjusted.get(orderId) ?? noMoney
    const status = this.statuses.get(orderId) ?? 'PLACED'
    const items = this.#pricedItems(orderId)
    const totalCents = items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0)
    const line = items[which % items.length]
    const lines = which % 2 === 0 && line ? [{ sku: line.sku, quantity: 1 }] : undefined
    const restock = lines !== undefined && status === 'SHIPPED'
    const fields = lines ? { items: lines } : { amountCents: 1 + (which % 150) }
    const key = { idempotencyKey: String(which), hash: String(which) }
    const decision = decideRefund(
      { status, totalCents, items, refunds, disputes },
      { ...fields, ...key, restock, reason: 'test', by: 'staff' },
      { refundId: uuidOf(`${orderId} ${which}`), now },
    )
    if (decision.kind !== 'accepted') return
    this.adjusted.set(orderId, { disputes, refunds: [...refunds, decision.refund] })
    const events = refundEvents({ ...aboutOf(orderId), currency: 'EUR' }, decision.refund, context)
    for (const event of events) this.timelines.requested(event)
    this.#relay.push(...events.map(published))
  }

  dispute(orderId: string, share: number): void {
    if (this.#options.refunds) this.provider.dispute(orderId, share)
  }

  bankDecides(orderId: string, outcome: 'WON' | 'LOST'): void {
    const dispute = this.provider.disputes.get(orderId)
    if (dispute?.status === 'OPEN') dispute.status = outcome
  }

  moneyTasks(crash: boolean): boolean {
    return this.money.runTasks(
      this.orders.map(({ orderId }) => orderId),
      crash,
    )
  }

  #pricedItems(orderId: string) {
    const items = this.orders.find((order) => order.orderId === orderId)?.items ?? []
    return items.map((item) => ({ ...item, unitPriceCents: price }))
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
    const decision = cancelled(aboutOf(orderId), reason, context)
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
        ...aboutOf(orderId),
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
      this.#kafka.publish([eventOf('ReservationExpired', aboutOf(orderId), context)])
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
      this.#kafka.publish([eventOf(eventType, { ...aboutOf(orderId), shipmentId: orderId, parcel }, context)])
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
    // A payment that was published before it was stored is waited for.
    if (event.type === 'PartialRefundRequested') return this.money.payments.has(event.data.orderId)
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
    this.#prepared.set(delivery, { answer: this.#stoppedOrRefunded(orderId, this.money.paymentOf(orderId)) })
    // Between the answer and the transaction anything may happen.
    return false
  }

  #stoppedOrRefunded(orderId: string, payment: Payment | undefined): ProviderAnswer {
    const call = callFor(payment)
    if (call.kind === 'nothing') return { kind: 'nothing' }
    let chargeId = call.kind === 'refund' ? call.chargeId : undefined
    if (payment?.disputed) return { kind: 'owed', chargeId, error: 'the charge is disputed' }
    if (chargeId === undefined) {
      const stopped = this.provider.stop(orderId)
      if (stopped.status !== 'captured') return { kind: 'voided' }
      chargeId = stopped.chargeId
    }
    try {
      return { kind: 'refunded', refund: this.provider.refund(orderId, chargeId) }
    } catch (error) {
      // The bank has it, and the stage has not heard of that yet.
      if (!(error instanceof ProviderError)) throw error
      return { kind: 'owed', chargeId, error: error.message }
    }
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
    const items = this.#pricedItems(orderId)
    const totalCents = items.reduce((sum, { quantity }) => sum + quantity * price, 0)
    const facts = {
      ...{ priceOf: () => price, itemsOf: () => items, parcelStatusOf: () => this.shown.get(orderId) },
      paidOrderOf: () => ({ currency: 'EUR', totalCents, items, ...(this.adjusted.get(orderId) ?? noMoney) }),
      wasHeld: () => this.#holds.has(orderId),
      ...(this.#options.refunds ? { returns: { keptSkus: [] } } : {}),
    }
    const decision = decide(status, event, facts, now)
    if (decision?.money) this.adjusted.set(orderId, decision.money)
    if (decision?.parcel) this.shown.set(orderId, decision.parcel.status)
    this.timelines.news(event, status, decision)
    if (decision && decision.status !== status) this.#put(orderId, decision.status)
    return decision?.events ?? []
  }

  #inventoryHears(event: OrderEvent): readonly OrderEvent[] {
    if (event.type === 'ItemsReturned')
      for (const { sku, quantity } of event.data.items) this.stock.set(sku, (this.stock.get(sku) ?? 0) + quantity)
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
    if (event.type === 'PartialRefundRequested') return this.money.request(event)
    if (event.type !== 'StockReserved' && event.type !== 'OrderCancelled' && event.type !== 'RefundRequested') return []
    return answer === undefined || answer === 'charging' ? [] : this.money.settle(event, answer)
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
      eventOf('ShipmentPrepared', { ...aboutOf(orderId), shipmentId: orderId, ...(label ? { parcel } : {}) }, context),
    )
  }

  #put(orderId: string, status: OrderStatus): void {
    if (status === 'HELD') this.#holds.set(orderId, 'open')
    if (this.statuses.get(orderId) === 'HELD' && status === 'CANCELLED') this.#holds.set(orderId, 'CANCELLED')
    this.statuses.set(orderId, status)
    this.history.get(orderId)?.push(status)
  }
}

/** A uuid made of a text, the same for the same. */
export function uuidOf(text: string): string {
  return eventId('PartialRefundRequested', text)
}
