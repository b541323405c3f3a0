// What can happen to orders between the real services? Their stages on a real database, and a real
// provider called over HTTP; only Kafka is simulated, so that messages come in any order, twice,
// and to replicas that die at a chosen line.
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createStore } from '@orderpipeline/stage'
import type { Item, StageDefinition } from '@orderpipeline/stage'
import { silentLogger } from '@orderpipeline/process'
import { askAboutExpired, inventoryStage } from '@orderpipeline/inventory'
import { decode, isProductEvent } from '@orderpipeline/order-events'
import type { OrderEvent, ProductEvent } from '@orderpipeline/order-events'
import { ordersStage } from '@orderpipeline/orders'
import { cancelOrder } from '@orderpipeline/orders/cancellation'
import { decideDueHolds, decideHeld } from '@orderpipeline/orders/holds'
import { requestRefund } from '@orderpipeline/orders/partial-refunds'
import type { Money } from '@orderpipeline/orders'
import {
  askAboutDisputes,
  makeDueRefunds,
  makePartialRefunds,
  paymentStage,
  settleLostDisputes,
  watch,
} from '@orderpipeline/payment'
import type { DisputeSource, Provider, ReportedDispute } from '@orderpipeline/payment'
import { updateParcels, shippingStage } from '@orderpipeline/shipping'
import type { CarriedStatus, Carrier } from '@orderpipeline/shipping'
import { consumedWith, published, screened, screenedTopic } from './screening.ts'
import type { Published, Screening } from './screening.ts'
import type { Adjustments, FinalState, Crash, HoldDecision, Order, ShopUnderTest, PendingMessage } from './steps.ts'
import { canBeGivenUp, consumes, hears, stages, uuidOf } from './model-shop.ts'
import type { Stage } from './model-shop.ts'

function now() {
  return new Date()
}
const { signal } = new AbortController()
const screeningStage = 'screening'

export interface RealShopOptions {
  readonly screening: Screening
  readonly isSuspected: (orderId: string) => boolean
  /** How time decides about a held order. */
  readonly atDue: 'CANCEL' | 'RELEASE'
}

export class RealShop implements ShopUnderTest {
  readonly orders: readonly Order[]
  readonly #database: TestDatabase
  readonly #definitions: Record<Stage, StageDefinition<unknown>>
  readonly #logs = new Map<string, OrderEvent[]>()
  readonly #offsets = new Map<string, number>()
  readonly #effected = new Set<string>()
  readonly #labels = new Set<string>()
  /** By order. The simulated provider has none: this one stands for the bank. */
  readonly #disputes = new Map<string, ReportedDispute>()
  readonly #provider: Provider
  readonly #bank: DisputeSource = {
    of: (disputeId) => Promise.resolve(this.#disputes.get(disputeId.replace('dispute of ', ''))),
    ofCharge: () => Promise.resolve([]),
    changedSince: () => Promise.resolve([]),
  }
  #says: CarriedStatus = 'UNDERWAY'
  readonly #carrier: Carrier = {
    label: ({ orderId }) => {
      this.#labels.add(orderId)
      return Promise.resolve({ carrier: 'Test', trackingNumber: orderId })
    },
    void: (orderId) => Promise.resolve(void this.#labels.delete(orderId)),
    statuses: (numbers) => Promise.resolve(new Map(numbers.map((number) => [number, this.#says]))),
  }

  readonly #options: RealShopOptions

  /** `orders`: placed, with their events in the intake's outbox. */
  constructor(orders: readonly Order[], database: TestDatabase, provider: Provider, options: RealShopOptions) {
    this.orders = orders
    this.#options = options
    this.#database = database
    this.#provider = provider
    const returns = { keptSkus: [] }
    const never = { placedSeconds: 1e6, processingSeconds: 1e6, confirmedSeconds: 1e6, stalledSeconds: 0 }
    const rules = { deadlines: never, everySeconds: 1e6, returns }
    this.#definitions = {
      orders: ordersStage({ now, logger: silentLogger() }, rules) as StageDefinition<unknown>,
      inventory: inventoryStage({ now }) as StageDefinition<unknown>,
      payment: paymentStage(provider, { now }) as StageDefinition<unknown>,
      shipping: shippingStage(
        { now },
        { carrier: this.#carrier, statusIntervalSeconds: 0 },
      ) as StageDefinition<unknown>,
    }
  }

  pending(): PendingMessage[] {
    const { screening } = this.#options
    const unread = (stage: string, topics: readonly string[]) =>
      [...this.#logs]
        .filter(([log]) => topics.includes(log.slice(0, log.indexOf('/'))))
        .filter(([log, events]) => this.#offset(stage, log) < events.length)
        .map(([log]) => ({ stage, log }))
    return [
      ...stages.flatMap((stage) => unread(stage, consumedWith(screening, stage, consumes[stage]))),
      ...(screening === 'off' ? [] : unread(screeningStage, [screenedTopic])),
    ]
  }

  async handle(waiting: PendingMessage, crash: Crash): Promise<void> {
    if (waiting.stage === screeningStage) return this.#screen(waiting, crash)
    const stage = waiting.stage as Stage
    const event = this.#next(waiting)
    if (!event) return
    if (!hears[stage].includes(event.type)) return this.#advance(waiting)
    const pool = this.#database.as(stage)
    const { prepare, apply } = this.#definitions[stage]
    const item: Item<unknown> = { event, prepared: await prepare?.(event, signal, pool) }
    if (crash === 'before its effect') return
    const store = createStore(pool, { prefix: '', keyedByOrder: [] }, apply)
    const { records, storedItems: settleable } = await store.effect([item], [])
    this.#effected.add(`${stage} ${event.id}`)
    if (crash === 'before publishing') return
    this.#publish(records.map(({ topic, value }) => ({ topic, event: decode(value) })))
    if (crash === 'before its offset') return
    await store.settle(settleable)
    this.#advance(waiting)
  }

  giveUp(waiting: PendingMessage): void {
    const event = this.#next(waiting)
    if (event && canBeGivenUp(event) && !this.#effected.has(`${waiting.stage} ${event.id}`)) this.#advance(waiting)
  }

  async relay(forgets: boolean): Promise<boolean> {
    const [row] = await this.#database.ask<{ id: number; topic: string; value: string }>(
      'orders',
      'SELECT id, topic, value FROM intake_outbox ORDER BY id LIMIT 1',
    )
    if (!row) return false
    this.#publish([{ topic: row.topic, event: decode(row.value) }])
    if (!forgets) await this.#database.ask('orders', 'DELETE FROM intake_outbox WHERE id = $1', [row.id])
    return true
  }

  /** It decides at once. */
  providerDecides(): boolean {
    return false
  }

  async expire(orderId: string): Promise<void> {
    await this.#database.ask('inventory', 'UPDATE reservations SET expires_at = now() WHERE order_id = $1', [orderId])
    await askAboutExpired(this.#database.as('inventory'), 3_600, now(), (events) => {
      this.#publish(events.map(published))
      return Promise.resolve()
    })
  }

  async carrierSays(says: CarriedStatus): Promise<void> {
    this.#says = says
    const parcels = { carrier: this.#carrier, statusIntervalSeconds: 0 }
    await updateParcels(this.#database.as('shipping'), parcels, now(), (events) => {
      this.#publish(events.map(published))
      return Promise.resolve()
    })
  }

  async cancel(orderId: string): Promise<void> {
    await cancelOrder(this.#database.as('orders'), { orderId, context: { now: now() } })
  }

  async decideHold(orderId: string, decision: HoldDecision): Promise<void> {
    const staff = { name: 'kim', reason: 'a test' }
    await decideHeld(this.#database.as('orders'), { orderId, decision, staff, context: { now: now() } })
  }

  async holdsAreDue(): Promise<void> {
    const ids = this.orders.map(({ orderId }) => orderId)
    await this.#database.ask(
      'orders',
      'UPDATE order_holds SET due_at = now(), at_due = $2 WHERE order_id = ANY ($1) AND outcome IS NULL',
      [ids, this.#options.atDue],
    )
    await this.#database.ask('orders', `UPDATE sweeps SET due_at = now() WHERE name = 'holds'`)
    await decideDueHolds(this.#database.as('orders'), { everySeconds: 0, now, keyedByOrder: () => false })
  }

  async refundPart(orderId: string, which: number): Promise<void> {
    const items = this.orders.find((order) => order.orderId === orderId)?.items ?? []
    const line = items[which % items.length]
    const fields =
      which % 2 === 0 && line ? { items: [{ sku: line.sku, quantity: 1 }] } : { amountCents: 1 + (which % 150) }
    const request = { ...fields, reason: 'test', idempotencyKey: String(which), by: 'staff' }
    const about = { orderId, context: { now: now() }, newId: () => uuidOf(`${orderId} ${which}`) }
    const pool = this.#database.as('orders')
    const isRestocked = 'items' in fields && (await this.#statusOf(orderId)) === 'SHIPPED'
    await requestRefund(pool, { ...about, request: { ...request, restock: isRestocked } })
  }

  /** The stage hears of it at once: the simulated provider would refund a disputed charge. */
  async dispute(orderId: string, share: number): Promise<void> {
    const [kept] = await this.#keptOf([orderId])
    const amountCents = Math.ceil((kept?.cents ?? 0) * share)
    if (!kept || amountCents <= 0 || this.#disputes.has(orderId)) return
    const disputeId = `dispute of ${orderId}`
    const about = { disputeId, orderId, customerId: 'customer of the bank', chargeId: kept.charge_id }
    this.#disputes.set(orderId, { ...about, amountCents, currency: 'EUR', reason: 'fraudulent', status: 'OPEN' })
    await this.#askAbout(disputeId)
  }

  async bankDecides(orderId: string, outcome: 'WON' | 'LOST'): Promise<void> {
    const dispute = this.#disputes.get(orderId)
    if (dispute?.status !== 'OPEN') return
    this.#disputes.set(orderId, { ...dispute, status: outcome })
    await this.#askAbout(dispute.disputeId)
  }

  /** A crash before anything is stored is left to the model: here each task stores or fails. */
  async moneyTasks(): Promise<boolean> {
    await this.#database.ask('payment', 'UPDATE refunds_due SET due_at = now()')
    await this.#database.ask('payment', 'UPDATE partial_refunds SET due_at = now()')
    const options = { provider: this.#provider, now }
    const droppedCount = await settleLostDisputes(this.#money(), options)
    const refundedCount = await makeDueRefunds(this.#money(), options)
    return droppedCount + refundedCount + (await makePartialRefunds(this.#money(), options)) > 0
  }

  async #askAbout(disputeId: string): Promise<void> {
    const { database } = this.#money()
    await watch(database, [disputeId])
    await askAboutDisputes(this.#money(), { source: this.#bank, publishes: true, now })
  }

  #money() {
    const publish = (events: readonly (OrderEvent | ProductEvent)[]) => {
      this.#publish(events.filter((event) => !isProductEvent(event)).map(published))
      return Promise.resolve()
    }
    return { database: this.#database.as('payment'), publish, stopping: signal }
  }

  async #statusOf(orderId: string): Promise<string | undefined> {
    const rows = await this.#database.ask<{ status: string }>(
      'orders',
      'SELECT status FROM orders WHERE order_id = $1',
      [orderId],
    )
    return rows[0]?.status
  }

  /** By the provider's ledger, and without what the bank has. */
  async #keptOf(orderIds: readonly string[]) {
    const rows = await this.#database.ask<{ order_id: string; charge_id: string; cents: number; parts: number }>(
      'payment_provider',
      `SELECT c.order_id, c.charge_id, c.amount_cents - coalesce(r.amount_cents, 0) AS cents,
         (SELECT coalesce(sum(p.amount_cents), 0)::float8 FROM partial_refunds p WHERE p.charge_id = c.charge_id) AS parts
       FROM charges c LEFT JOIN refunds r USING (charge_id) WHERE c.order_id = ANY ($1) AND status = 'captured'`,
      [orderIds],
    )
    return rows.map(({ cents, parts, ...row }) => ({
      ...row,
      parts,
      cents: cents - parts - this.#withBank(row.order_id),
    }))
  }

  #withBank(orderId: string): number {
    const dispute = this.#disputes.get(orderId)
    return dispute && dispute.status !== 'WON' ? dispute.amountCents : 0
  }

  async #adjustments(orderIds: readonly string[]): Promise<(orderId: string, parts: number) => Adjustments> {
    const rows = await this.#database.ask<{ order_id: string } & { [Name in keyof Money]: Money[Name] | null }>(
      'orders',
      'SELECT order_id, refunds, disputes FROM orders WHERE order_id = ANY ($1)',
      [orderIds],
    )
    const due = await this.#database.ask<{ order_id: string }>(
      'payment',
      `SELECT order_id FROM refunds_due WHERE order_id = ANY ($1)
       UNION SELECT order_id FROM partial_refunds WHERE order_id = ANY ($1) AND status = 'DUE'`,
      [orderIds],
    )
    return (orderId, parts) => {
      const row = rows.find(({ order_id }) => order_id === orderId)
      const dispute = this.#disputes.get(orderId)
      return {
        parts,
        lost: dispute?.status === 'LOST' ? dispute.amountCents : 0,
        disputed: dispute !== undefined,
        shown: { refunds: row?.refunds ?? [], disputes: row?.disputes ?? [] },
        due: due.some(({ order_id }) => order_id === orderId),
      }
    }
  }

  async books(): Promise<FinalState[]> {
    const ids = this.orders.map(({ orderId }) => orderId)
    const statuses = async (role: string, table: string) =>
      new Map(
        (
          await this.#database.ask<{ order_id: string; status: string }>(
            role,
            `SELECT order_id, status FROM ${table} WHERE order_id = ANY ($1) AND status IS NOT NULL`,
            [ids],
          )
        ).map(({ order_id, status }) => [order_id, status]),
      )
    const [payments, reservations, shipments, parcels, parcelsInOrders] = await Promise.all([
      statuses('payment', 'payments'),
      statuses('inventory', 'reservations'),
      statuses('shipping', 'shipments'),
      statuses('shipping', 'parcels'),
      statuses('orders', `(SELECT order_id, parcel ->> 'status' AS status FROM orders) AS parcels`),
    ])
    const history = await this.#database.ask<{ order_id: string; status: string }>(
      'orders',
      'SELECT order_id, status FROM order_events WHERE order_id = ANY ($1) AND status IS NOT NULL',
      [ids],
    )
    const money = await this.#keptOf(ids)
    const adjustmentsOf = await this.#adjustments(ids)
    const sumOf = (orderId: string, what: 'cents' | 'parts') =>
      money.filter(({ order_id }) => order_id === orderId).reduce((sum, row) => sum + row[what], 0)
    const holds = await statuses(
      'orders',
      `(SELECT order_id, coalesce(outcome, 'open') AS status FROM order_holds) AS holds`,
    )
    return this.orders.map((order) => ({
      order,
      history: history.filter(({ order_id }) => order_id === order.orderId).map(({ status }) => status),
      kept: sumOf(order.orderId, 'cents'),
      adjustments: adjustmentsOf(order.orderId, sumOf(order.orderId, 'parts')),
      charged: money.some(({ order_id }) => order_id === order.orderId),
      hold: holds.get(order.orderId) as FinalState['hold'],
      payment: payments.get(order.orderId),
      reservation: reservations.get(order.orderId),
      shipment: shipments.get(order.orderId),
      label: this.#labels.has(order.orderId),
      parcel: { shipping: parcels.get(order.orderId), orders: parcelsInOrders.get(order.orderId) },
    }))
  }

  #screen(waiting: PendingMessage, crash: Crash): void {
    const event = this.#next(waiting)
    if (!event || crash === 'before its effect' || crash === 'before publishing') return
    this.#publish(screened(event, this.#options.isSuspected, { source: '/test', now: now() }))
    if (crash !== 'before its offset') this.#advance(waiting)
  }

  #publish(messages: readonly Published[]): void {
    for (const { topic, event } of messages) {
      const log = `${topic}/${event.data.orderId}`
      this.#logs.set(log, [...(this.#logs.get(log) ?? []), event])
    }
  }

  #next({ stage, log }: PendingMessage): OrderEvent | undefined {
    return this.#logs.get(log)?.[this.#offset(stage, log)]
  }

  #offset(stage: string, log: string): number {
    return this.#offsets.get(`${stage} ${log}`) ?? 0
  }

  #advance({ stage, log }: PendingMessage): void {
    this.#offsets.set(`${stage} ${log}`, this.#offset(stage, log) + 1)
  }
}
