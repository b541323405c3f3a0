// What do the tests of the example invoices share? Its tables in a database, the events of an
// order, and the stage's work without Kafka.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { postgresUrl } from '@orderpipeline/cluster/testing'
import { encode, eventOf } from '@orderpipeline/order-events'
import type { OrderEvent } from '@orderpipeline/order-events'
import { testDatabase } from '@orderpipeline/stage/testing'
import type { TestDatabase } from '@orderpipeline/stage/testing'
import { shopEventOf } from '../invoices/src/events.ts'
import { migrate } from '../invoices/src/migrate.ts'
import { createStore } from '../invoices/src/store.ts'
import { ratesOf } from '../invoices/src/tax.ts'
import { examples } from './test-environment.ts'

export const program = join(examples, 'invoices', 'src', 'main.ts')
export const rates = 'DE=19 DE:BOOK-=7 JP=10 KW=0'

/** With the tables of the stage, which are created twice. */
export async function invoicesDatabase(): Promise<TestDatabase> {
  const database = await testDatabase(postgresUrl())
  const administrator = new URL(postgresUrl())
  administrator.pathname = new URL(database.url).pathname
  const urls = { DATABASE_URL: administrator.href, SERVICES_DATABASE_URL: database.url }
  await migrate(urls)
  await migrate(urls)
  await database.ask(
    'invoices',
    `INSERT INTO buyers VALUES ('yen', 'Y', 'Tokyo', NULL, 'JP'), ('dinar', 'D', 'Kuwait', NULL, 'KW')`,
  )
  return database
}

export interface TestOrder {
  readonly validated: OrderEvent
  readonly captured: OrderEvent
  readonly refunded: OrderEvent
  readonly orderId: string
  /** The request and the refund of a part: of pieces, or of an amount. */
  part(amountCents: number, skus?: readonly string[]): readonly [requested: OrderEvent, refund: OrderEvent]
  /** The refund of the charge for what parts have left. */
  rest(totalCents: number): OrderEvent
}
/** One piece of each price; all its events are of the given time. */
export function order(customerId: string, prices: readonly number[], currency = 'EUR', now = new Date()): TestOrder {
  const about = { orderId: randomUUID(), customerId }
  const items = prices.map((unitPriceCents, n) => ({ sku: `SKU-000${n + 1}`, quantity: 1, unitPriceCents }))
  const amount = { totalCents: prices.reduce((sum, price) => sum + price, 0), currency }
  const context = { source: '/test', now, correlationId: 'follow-me' }
  const charge = { ...about, ...amount, chargeId: `ch-${about.orderId}` }
  return {
    orderId: about.orderId,
    validated: eventOf('OrderValidated', { ...about, ...amount, items }, context),
    captured: eventOf('PaymentCaptured', charge, context),
    refunded: eventOf('PaymentRefunded', { ...charge, refundId: `re-${about.orderId}` }, context),
    rest: (totalCents) =>
      eventOf('PaymentRefunded', { ...charge, totalCents, refundId: `re-${about.orderId}` }, context),
    part: (amountCents, skus) => {
      const refundId = randomUUID()
      const part = { ...about, refundId, amountCents, currency }
      const pieces = skus ? { items: skus.map((sku) => ({ sku, quantity: 1 })) } : {}
      const partRefund = { ...part, chargeId: charge.chargeId, providerRefundId: `pr-${refundId}` }
      return [
        eventOf('PartialRefundRequested', { ...part, reason: 'late', ...pieces }, context, refundId),
        eventOf('PaymentPartlyRefunded', partRefund, context, refundId),
      ]
    },
  }
}

/** What a replica does with its database, without Kafka. */
export function openStore(
  { url }: TestDatabase,
  poolSize: number,
  timeZone = 'UTC',
  series = { invoice: 'INV', 'credit-note': 'CN' },
) {
  return createStore({
    url,
    poolSize,
    taxation: { rates: ratesOf(rates), country: 'DE' },
    timeZone,
    series,
    onIdleError: () => undefined,
  })
}
export function asRead(event: OrderEvent) {
  return shopEventOf(Buffer.from(encode(event).value))!
}
