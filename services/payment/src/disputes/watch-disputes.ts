// How does the stage learn of a dispute? A webhook, the provider's list of what changed lately, or
// the comparison with the provider names it; the provider is then asked how it stands, until it is
// closed. So a webhook call that comes twice, late or never changes nothing for good.
//
// As in pending.ts the events are published before the dispute is stored: a crash in between
// publishes them again under the same ids.
import { randomUUID } from 'node:crypto'
import { DatabaseError } from '@orderpipeline/postgres'
import type { Queryable } from '@orderpipeline/postgres'
import type { EventContext } from '@orderpipeline/order-events'
import type { Logger } from '@orderpipeline/process'
import type { PeriodicTask } from '@orderpipeline/stage'
import type { Registry } from '@orderpipeline/telemetry'
import { paymentsByOrder } from '../payment-rows.ts'
import type { ComparedPeriod } from '../compared-period.ts'
import type { Payment } from '../payments.ts'
import { claimWatched, disputeOf, recordDispute, stopWatching, sumDisputes, watchDisputes } from '../sql/disputes.ts'
import type { DisputeSum } from '../sql/disputes.ts'
import { claimChanges, finishStretch } from '../sql/reconcile.ts'
import { lockPayments, paymentsOf } from '../sql/stage.ts'
import type { Surroundings } from '../surroundings.ts'
import { settleDispute } from './disputes.ts'
import type { Dispute, DisputeSettlement, ReportedDispute } from './disputes.ts'
import { disputeGauges } from './figures.ts'

/** What the provider says about disputes. */
export interface DisputeSource {
  /** `undefined`: there is none, or not about an order. @throws ProviderError */
  of(disputeId: string, signal: AbortSignal): Promise<ReportedDispute | undefined>
  /** The ids of a charge's disputes. @throws ProviderError */
  ofCharge(chargeId: string, signal: AbortSignal): Promise<readonly string[]>
  /**
   * The ids of those that were opened since then, or closed: a webhook may be lost, or not be set
   * up, or not exist. @throws ProviderError
   */
  changedSince(since: Date, signal: AbortSignal): Promise<readonly string[]>
}

export interface WatchOptions {
  readonly source: DisputeSource
  /** Whether the pipeline has the stage emit `payment.adjusted`; otherwise it only records. */
  readonly publishes: boolean
  readonly now: () => Date
  readonly registry?: Registry | undefined
  readonly logger?: Logger | undefined
}

const everyMs = 10_000
/** Once a minute. */
const roundsPerSum = 6
const atOnce = 20
/** The clocks of the provider and of our database may differ by so much. */
const overlapMs = 5 * 60_000

export async function watch(database: Queryable, disputeIds: readonly string[]): Promise<void> {
  if (disputeIds.length > 0) await database.query(watchDisputes, [disputeIds])
}

export function disputesTask(options: WatchOptions): PeriodicTask {
  const show = options.registry && disputeGauges(options.registry)
  let rounds = 0
  return {
    name: 'disputes',
    everyMs,
    run: async (surroundings) => {
      await watchChanged(surroundings, options)
      await askAboutDisputes(surroundings, options)
      // The whole table is read for it, which keeps disputes for years.
      if (rounds++ % roundsPerSum === 0) show?.(await surroundings.database.query<DisputeSum>(sumDisputes))
    },
  }
}

/**
 * Reads the provider's list of changes on from where it has been read: nothing is passed over,
 * however long the provider or every replica was unavailable. @throws DatabaseError
 */
export async function watchChanged(
  { database, stopping }: Pick<Surroundings, 'database' | 'stopping'>,
  { source, logger }: Pick<WatchOptions, 'source' | 'logger'>,
): Promise<void> {
  const holder = randomUUID()
  const [stretch] = await database.query<ComparedPeriod>(claimChanges, [holder])
  if (!stretch) return
  try {
    const since = new Date(stretch.since.getTime() - overlapMs)
    await watch(database, await source.changedSince(since, stopping))
  } catch (error) {
    if (error instanceof DatabaseError) throw error
    if (!stopping.aborted) logger?.warn({ error }, 'the list of disputes could not be read; it is read again')
    return
  }
  await database.query(finishStretch, ['disputes', holder, stretch.until])
}

/** Returns how many have come to their end. @throws DatabaseError, PublishError */
export async function askAboutDisputes(surroundings: Surroundings, options: WatchOptions): Promise<number> {
  const rows = await surroundings.database.query<{ disputeId: string }>(claimWatched, [atOnce])
  let endedCount = 0
  for (const { disputeId } of rows) {
    if (surroundings.stopping.aborted) break
    try {
      if (await askAbout(disputeId, surroundings, options)) endedCount++
    } catch (error) {
      if (surroundings.stopping.aborted) break
      options.logger?.warn({ error, disputeId }, 'a dispute could not be looked up; it is asked about again')
    }
  }
  return endedCount
}

async function askAbout(disputeId: string, { database, publish, stopping }: Surroundings, options: WatchOptions) {
  const reported = await options.source.of(disputeId, stopping)
  const [stored] = await database.query<Dispute>(disputeOf, [disputeId])
  const payment = reported && (await paymentOf(reported, database))
  const context = { source: '/payment', now: options.now() }
  const { dispute, events, ended } = reported ? settle(stored, reported, payment, context) : nothing
  if (dispute) {
    const { orderId, chargeId, amountCents, currency, reason, status } = dispute
    const logFields = { disputeId, orderId, chargeId, amountCents, currency, reason, status }
    options.logger?.warn(logFields, 'the payment of an order is disputed')
    // One of a second charge takes nothing of what was paid for the order.
    if (events.length > 0 && options.publishes && payment?.chargeId === chargeId) await publish(events)
    await database.transaction(async (tx) => {
      // A replica that decides about a refund of the order sees the dispute, or comes before it.
      await tx.query(lockPayments, [[dispute.orderId]])
      tx.send(recordDispute, valuesOf(dispute))
    })
  }
  if (ended) await database.query(stopWatching, [disputeId])
  return ended
}

const nothing = { dispute: undefined, events: [], ended: true } as const

async function paymentOf({ orderId }: ReportedDispute, database: Queryable): Promise<Payment | undefined> {
  return paymentsByOrder(await database.query(paymentsOf, [[orderId]])).get(orderId)
}

/**
 * A dispute of an order without a payment here is of another shop with the same account, or of a
 * charge that the comparison has yet to book: it is asked about until it is closed.
 */
function settle(
  before: Dispute | undefined,
  reported: ReportedDispute,
  payment: Payment | undefined,
  context: EventContext,
): DisputeSettlement {
  if (!payment) return { events: [], ended: reported.status !== 'OPEN' && reported.status !== 'INQUIRY' }
  // A customer who was erased since has another id here than at the provider.
  return settleDispute(before, { ...reported, customerId: payment.customerId }, context)
}

function valuesOf(dispute: Dispute): unknown[] {
  const { disputeId, orderId, chargeId, customerId, amountCents, currency, reason, status } = dispute
  return [disputeId, orderId, chargeId, customerId, amountCents, currency, reason, status]
}
