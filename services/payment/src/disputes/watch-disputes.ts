// How does the stage learn of a dispute? A webhook, the provider's list of what changed lately, or
// the comparison with the provider names it; the provider is then asked how it stands, until it is
// closed. So a webhook call that comes twice, late or never changes nothing for good.
//
// As in pending.ts the events are published before the dispute is stored: a crash in between
// publishes them again under the same ids.
import type { Queryable } from '@orderpipeline/postgres'
import type { Logger } from '@orderpipeline/process'
import type { PeriodicTask, PeriodicTaskContext } from '@orderpipeline/stage'
import type { Registry } from '@orderpipeline/telemetry'
import { paymentsByOrder } from '../apply.ts'
import { claimWatched, disputeOf, recordDispute, stopWatching, sumDisputes, watchDisputes } from '../sql/disputes.ts'
import type { DisputeSum } from '../sql/disputes.ts'
import { lockPayments, paymentsOf } from '../sql/stage.ts'
import { settleDispute } from './disputes.ts'
import type { Dispute, ReportedDispute } from './disputes.ts'
import { disputeGauges } from './figures.ts'

/** What the provider says about disputes. */
export interface DisputeSource {
  /** `undefined`: there is none, or not about an order. @throws ProviderError */
  of(disputeId: string, signal: AbortSignal): Promise<ReportedDispute | undefined>
  /** The ids of a charge's disputes. @throws ProviderError */
  ofCharge(chargeId: string, signal: AbortSignal): Promise<readonly string[]>
  /**
   * The ids of those that were opened or closed since then, of a provider that calls no webhook.
   * @throws ProviderError
   */
  changedSince?(since: Date, signal: AbortSignal): Promise<readonly string[]>
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
const atOnce = 20
/**
 * How far back the provider's list of changes is read each time: what was missed for longer, the
 * next question about the dispute finds, or the comparison.
 */
const changesMs = 5 * 60_000

export async function watch(database: Queryable, disputeIds: readonly string[]): Promise<void> {
  if (disputeIds.length > 0) await database.query(watchDisputes, [disputeIds])
}

export function disputesTask(options: WatchOptions): PeriodicTask {
  const show = options.registry && disputeGauges(options.registry)
  return {
    name: 'disputes',
    everyMs,
    run: async (surroundings) => {
      await watchChanged(surroundings, options)
      await askAboutDisputes(surroundings, options)
      show?.(await surroundings.database.query<DisputeSum>(sumDisputes))
    },
  }
}

/** @throws DatabaseError */
export async function watchChanged(
  { database, stopping }: Pick<PeriodicTaskContext, 'database' | 'stopping'>,
  { source, now, logger }: Pick<WatchOptions, 'source' | 'now' | 'logger'>,
): Promise<void> {
  const changed = source.changedSince?.(new Date(now().getTime() - changesMs), stopping)
  const disputeIds = await changed?.catch((error: unknown) => {
    logger?.debug({ error }, 'the list of disputes could not be read; it is read again')
    return []
  })
  await watch(database, disputeIds ?? [])
}

export type WatchSurroundings = Pick<PeriodicTaskContext, 'database' | 'publish' | 'stopping'>

/** Returns how many have come to their end. @throws DatabaseError, PublishError */
export async function askAboutDisputes(surroundings: WatchSurroundings, options: WatchOptions): Promise<number> {
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

async function askAbout(disputeId: string, { database, publish, stopping }: WatchSurroundings, options: WatchOptions) {
  const reported = await options.source.of(disputeId, stopping)
  const [stored] = await database.query<Dispute>(disputeOf, [disputeId])
  const bookedDispute = reported && (await asBooked(reported, database))
  const context = { source: '/payment', now: options.now() }
  const { dispute, events, ended } = bookedDispute ? settleDispute(stored, bookedDispute, context) : nothing
  if (dispute) {
    options.logger?.warn({ ...dispute, customerId: undefined }, 'the payment of an order is disputed')
    if (events.length > 0 && options.publishes) await publish(events)
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

/** A customer who was erased since has another id here than at the provider. */
async function asBooked(reported: ReportedDispute, database: Queryable): Promise<ReportedDispute | undefined> {
  const { orderId } = reported
  const customerId =
    paymentsByOrder(await database.query(paymentsOf, [[orderId]])).get(orderId)?.customerId ?? reported.customerId
  return customerId === '' ? undefined : { ...reported, customerId }
}

function valuesOf(dispute: Dispute): unknown[] {
  const { disputeId, orderId, chargeId, customerId, amountCents, currency, reason, status } = dispute
  return [disputeId, orderId, chargeId, customerId, amountCents, currency, reason, status]
}
