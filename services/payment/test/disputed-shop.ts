// What do the tests of disputes run on? A payment stage with Stripe as its provider, the webhook
// that Stripe calls, and the tasks that give money back, each once when a test asks for it.
import { randomUUID } from 'node:crypto'
import { expect } from 'vitest'
import { kafkaBootstrap, postgresUrl } from '@orderpipeline/cluster/testing'
import { eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { silentLogger } from '@orderpipeline/process'
import { stageBench, testDatabase, testOrder, until } from '@orderpipeline/stage/testing'
import type { Bench, TestDatabase, TestOrder } from '@orderpipeline/stage/testing'
import { createRegistry } from '@orderpipeline/telemetry'
import { paymentConfig } from '../src/config.ts'
import { createConnection } from '../src/connection.ts'
import { paymentStage } from '../src/definition.ts'
import { askAboutDisputes } from '../src/disputes/watch-disputes.ts'
import { webhookTask } from '../src/provider/stripe/webhook-task.ts'
import { webhookPath } from '../src/provider/stripe/webhook.ts'
import { settleLostDisputes } from '../src/refunds/after-disputes.ts'
import { makeDueRefunds } from '../src/refunds/due-refunds.ts'
import { makePartialRefunds } from '../src/refunds/make-partial-refunds.ts'
import { startStripeServer, stripeSignature } from './stripe-server.ts'
import type { StoredDispute, StripeServer } from './stripe-server.ts'

export const consumes = ['inventory.updated', 'orders.cancelled', 'orders.refunds']
export const stopping = new AbortController().signal
const secret = 'whsec_test'

export function now(): Date {
  return new Date()
}

/** That a part of an order goes back. */
export function refundRequest({ orderId, customerId, currency }: TestOrder, amountCents: number) {
  const data = { orderId, customerId, refundId: randomUUID(), amountCents, currency, reason: 'test' }
  return eventOf('PartialRefundRequested', data, { source: '/orders', now: now() }, data.refundId)
}

export class DisputedShop {
  readonly database: TestDatabase
  readonly stripe: StripeServer
  readonly bench: Bench
  #webhook: { readonly port: number; close(): void } | undefined
  #orders = 0

  private constructor(database: TestDatabase, stripe: StripeServer, bench: Bench) {
    this.database = database
    this.stripe = stripe
    this.bench = bench
  }

  static async start(): Promise<DisputedShop> {
    const database = await testDatabase(postgresUrl())
    const stripe = await startStripeServer()
    const topics = [...consumes, 'payment.processed', 'payment.adjusted', 'payment.dead-letters']
    const bench = await stageBench({ kafkaBootstrap: kafkaBootstrap(), databaseUrl: database.url, topics })
    const shop = new DisputedShop(database, stripe, bench)
    await shop.#listen()
    return shop
  }

  async close(): Promise<void> {
    this.#webhook?.close()
    await this.bench.close()
    await this.stripe.close()
    await this.database.drop()
  }

  async #listen(): Promise<void> {
    let port = 0
    const task = webhookTask({
      ...{ port: 0, host: '127.0.0.1', secrets: [secret], now, logger: silentLogger() },
      onListening: (listening) => (port = listening),
    })
    await task.run({ ...this.surroundings(), keyedByOrder: () => false })
    this.#webhook = { port, close: () => task.close?.() }
  }

  connect() {
    const settings = {
      PAYMENT_PROVIDER: 'stripe',
      PAYMENT_PROVIDER_URL: this.stripe.url,
      PAYMENT_PROVIDER_TOKEN: this.stripe.key,
      PAYMENT_STAGE_RATE_PER_SECOND: '10000',
    }
    const context = { now, logger: silentLogger(), registry: createRegistry() }
    const connection = createConnection(paymentConfig(settings), context)
    connection.onDatabase(this.database.as('payment'))
    return connection
  }

  surroundings() {
    return {
      database: this.database.as('payment'),
      publish: (events: Parameters<Bench['publish']>[0]) => this.bench.publish(events),
      stopping,
    }
  }

  /** As Stripe calls it: signed, and perhaps more than once. */
  async call(what: string, dispute: StoredDispute): Promise<void> {
    const body = JSON.stringify({
      id: `evt_${randomUUID()}`,
      type: `charge.dispute.${what}`,
      data: { object: dispute },
    })
    const signature = stripeSignature(body, secret, Math.floor(Date.now() / 1_000))
    const answer = await fetch(`http://127.0.0.1:${this.#webhook?.port}${webhookPath}`, {
      ...{ method: 'POST', headers: { 'stripe-signature': signature }, body },
    })
    expect(answer.status).toBe(200)
  }

  async handle(events: readonly OrderEvent[]): Promise<void> {
    const { provider, onDatabase } = this.connect()
    const replica = this.bench.start('payment', consumes, {
      ...paymentStage(provider, { now, onDatabase }),
      periodicTasks: [],
    })
    await this.bench.publish(events)
    await until(async () => {
      const lags = await Promise.all(consumes.map((topic) => this.bench.lag('payment', topic)))
      return lags.every((lag) => lag === 0)
    })
    await replica.drain()
  }

  async paidOrder(): Promise<TestOrder & { readonly chargeId: string }> {
    const order = { ...testOrder(1, { 'SKU-0001': 1 }), customerId: `customer-${++this.#orders}` }
    this.stripe.addCustomer(order.customerId, 'pm_card_visa')
    const { orderId, customerId, currency } = order
    const about = { orderId, customerId, totalCents: 700, currency }
    await this.handle([eventOf('StockReserved', about, { source: '/test', now: now() })])
    const intent = [...this.stripe.intents.values()].find(({ metadata }) => metadata['order_id'] === orderId)
    return { ...order, chargeId: intent?.id ?? '' }
  }

  async askAbout(publishes = true) {
    const { disputes } = this.connect()
    if (!disputes) throw new Error('Stripe has disputes')
    await this.database.ask('payment', 'UPDATE disputes_watched SET due_at = now()')
    return askAboutDisputes(this.surroundings(), { source: disputes, publishes, now })
  }

  /** Every task that gives money back, once. */
  async giveBack(): Promise<void> {
    for (const table of ['refunds_due', 'partial_refunds'])
      await this.database.ask('payment', `UPDATE ${table} SET due_at = now()`)
    const options = { provider: this.connect().provider, now }
    await settleLostDisputes(this.surroundings(), options)
    await makeDueRefunds(this.surroundings(), options)
    await makePartialRefunds(this.surroundings(), options)
  }

  async adjustments({ orderId }: TestOrder) {
    const events = (await this.bench.events('payment.adjusted')).filter(({ data }) => data.orderId === orderId)
    return [...new Map(events.map(({ id, type }) => [id, type])).values()]
  }

  refundsOf(chargeId: string) {
    return this.stripe.refunds.filter(({ payment_intent }) => payment_intent === chargeId).map(({ amount }) => amount)
  }

  disputesOf({ orderId }: TestOrder) {
    const query = 'SELECT dispute_id, status, amount_cents FROM disputes WHERE order_id = $1'
    return this.database.ask('payment', query, [orderId])
  }

  dues({ orderId }: TestOrder) {
    return this.database.ask('payment', 'SELECT reason, amount_cents FROM refunds_due WHERE order_id = $1', [orderId])
  }
}
