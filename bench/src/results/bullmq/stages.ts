// With which job queue is the platform compared? With five stages on BullMQ, one queue and one
// process each. Where a database is used, each job has one transaction: the inbox row, the stage's
// effect in the platform's own tables, and a row of history. That no stage writes the order's new
// status back spares it work.
import { randomUUIDv7 } from 'node:crypto'
import { connectAdministrator } from '@orderpipeline/postgres'
import type { Pool, Transaction } from '@orderpipeline/postgres'
import { z } from 'zod'
import { chainServiceNames, post } from '../../sync-async/chain.ts'
import type { ChainService } from '../../sync-async/chain.ts'
import { statements } from '../../sync-async/statements.ts'

export const queueNames = chainServiceNames

export interface QueuedOrder {
  readonly orderId: string
  /** Names the job: its repeat has no second effect. */
  readonly eventId: string
  readonly customerId: string
  readonly items: readonly { readonly sku: string; readonly quantity: number }[]
  readonly amountCents: number
}

/** Kept until its last stage is over; the last one keeps it, with the time of its end. */
export function jobOptions(queue: ChainService, { orderId }: QueuedOrder) {
  const retries = { attempts: 5, backoff: { type: 'exponential', delay: 2_000 } }
  return { jobId: `${queue}-${orderId}`, removeOnComplete: queue !== queueNames.at(-1), ...retries }
}

/** The order with the id of its next job. */
export function forNextStage(order: QueuedOrder): QueuedOrder {
  return { ...order, eventId: randomUUIDv7() }
}

/** One job of a stage. Without a database only the payment has something to do. */
export async function handle(
  stage: ChainService,
  order: QueuedOrder,
  { database, providerUrl }: { readonly database: Pool | undefined; readonly providerUrl: string },
): Promise<void> {
  const chargeId = stage === 'payment' ? await charge(providerUrl, order) : ''
  await database?.transaction(async (tx) => {
    const [fresh] = await tx.query(own.inbox, [order.eventId])
    if (!fresh) return
    effects[stage](tx, order, chargeId)
    tx.send(own.history, [order.orderId, stage])
  })
}

async function charge(providerUrl: string, { orderId, customerId, amountCents }: QueuedOrder): Promise<string> {
  const body = { orderId, customerId, amountCents, currency: 'EUR' }
  const answer = await post(`${providerUrl}/v1/charges`, body, { 'idempotency-key': orderId })
  return z.object({ chargeId: z.string() }).parse(answer).chargeId
}

type Effect = (tx: Transaction, order: QueuedOrder, chargeId: string) => void

const effects: Record<ChainService, Effect> = {
  orders: (tx, { orderId, customerId, items }) => {
    const columns = columnsOf(items)
    tx.send(statements.order, [orderId, customerId, ...columns])
    tx.send(statements.items, [orderId, ...columns])
  },
  inventory: (tx, { orderId, customerId, items }) => {
    const columns = columnsOf(items.toSorted((a, b) => (a.sku < b.sku ? -1 : 1)))
    tx.send(statements.lockStock, [columns[0]])
    tx.send(statements.reserve, columns)
    tx.send(statements.reservation, [orderId, customerId])
    tx.send(statements.reservedItems, [orderId, ...columns])
  },
  payment: (tx, { orderId, customerId, amountCents }, chargeId) => {
    tx.send(statements.payment, [orderId, customerId, amountCents, 'EUR', chargeId])
  },
  shipping: (tx, { orderId, customerId, items }) => {
    tx.send(statements.shipment, [orderId, customerId, randomUUIDv7(), JSON.stringify(items)])
  },
  notification: (tx, { orderId, customerId }) => {
    tx.send(statements.notification, [orderId, customerId])
  },
}

function columnsOf(items: QueuedOrder['items']): [string[], number[]] {
  return [items.map(({ sku }) => sku), items.map(({ quantity }) => quantity)]
}

const own = {
  inbox: {
    name: 'queue.inbox',
    text: 'INSERT INTO inbox (event_id) VALUES ($1::uuid) ON CONFLICT DO NOTHING RETURNING event_id',
  },
  history: { name: 'queue.history', text: 'INSERT INTO job_history (order_id, event) VALUES ($1::uuid, $2)' },
}

const historyTable = `
CREATE TABLE job_history (
  order_id uuid NOT NULL, event text NOT NULL, at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY (order_id, event)
)`

/** `url`: the database of the services, as a superuser. */
export async function createHistories(url: string): Promise<void> {
  const administrator = await connectAdministrator({ url, log: () => undefined })
  try {
    for (const stage of queueNames) await administrator.execute(stage, historyTable)
  } finally {
    await administrator.close()
  }
}
