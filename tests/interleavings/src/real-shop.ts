// What can happen to orders between the real services? Their stages on a real database, and a real
// provider called over HTTP; only Kafka is simulated, so that messages come in any order, twice,
// and to replicas that die at a chosen line.
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { createStore } from '@orderpipeline/stage'
import type { Item, StageDefinition } from '@orderpipeline/stage'
import { silentLogger } from '@orderpipeline/process'
import { askAboutExpired, inventoryStage } from '@orderpipeline/inventory'
import { decode } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { ordersStage } from '@orderpipeline/orders'
import { cancelOrder } from '@orderpipeline/orders/cancellation'
import { decideDueHolds, decideHeld } from '@orderpipeline/orders/holds'
import { paymentStage } from '@orderpipeline/payment'
import type { Provider } from '@orderpipeline/payment'
import { updateParcels, shippingStage } from '@orderpipeline/shipping'
import type { CarriedStatus, Carrier } from '@orderpipeline/shipping'
import { consumedWith, published, screened, screenedTopic } from './screening.ts'
import type { Published, Screening } from './screening.ts'
import type { FinalState, Crash, HoldDecision, Order, ShopUnderTest, PendingMessage } from './steps.ts'
import { canBeGivenUp, consumes, hears, stages } from './model-shop.ts'
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
    this.#definitions = {
      orders: ordersStage({ now, logger: silentLogger() }) as StageDefinition<unknown>,
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
    const money = await this.#database.ask<{ order_id: string; cents: number }>(
      'payment_provider',
      `SELECT c.order_id, c.amount_cents - coalesce(r.amount_cents, 0) AS cents
       FROM charges c LEFT JOIN refunds r USING (charge_id) WHERE c.order_id = ANY ($1) AND status = 'captured'`,
      [ids],
    )
    const holds = await statuses(
      'orders',
      `(SELECT order_id, coalesce(outcome, 'open') AS status FROM order_holds) AS holds`,
    )
    return this.orders.map((order) => ({
      order,
      history: history.filter(({ order_id }) => order_id === order.orderId).map(({ status }) => status),
      kept: money.filter(({ order_id }) => order_id === order.orderId).reduce((sum, { cents }) => sum + cents, 0),
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
