// Is every cent that the provider has taken in our books, and every cent in our books with the
// provider? One replica at a time goes through time minute by minute, once a minute is an hour old
// and again after a week: it compares the provider's list of charges with our payments, and the
// payments of orders placed in that minute with the list. What can be corrected is; the rest waits
// for a person.
//
// A comparison that fails, because the provider is unavailable, is made again when its lease has
// ended; nothing is skipped.
import { randomUUID } from 'node:crypto'
import type { PeriodicTask } from '@orderpipeline/stage'
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import { writeDues } from '../apply.ts'
import { paymentsByOrder } from '../payment-rows.ts'
import type { DueRefund } from '../refunds/dues.ts'
import type { DisputeSource } from '../disputes/watch-disputes.ts'
import { book } from '../pending.ts'
import type { Provider } from '../provider/provider.ts'
import { madeOfOrders } from '../sql/partial-refunds.ts'
import { addDifferences, capturesOfOrders, claimStretch, finishStretch } from '../sql/reconcile.ts'
import { paymentsOf } from '../sql/stage.ts'
import type { Surroundings } from '../surroundings.ts'
import type { ComparedPeriod } from '../compared-period.ts'
import type { ChargeList } from './charge-list.ts'
import { differenceOf, forPeople } from './compare.ts'
import { unknownDisputes } from './unknown-disputes.ts'
import type { Difference, DifferenceKind, ListedCharge } from './compare.ts'
import { reconcileFigures } from './figures.ts'

export interface ReconcileOptions {
  readonly provider: Provider
  readonly list: ChargeList
  /** Where the provider has disputes. */
  readonly disputes?: DisputeSource | undefined
  /**
   * How old charges are when they are compared for the first time: those that are younger may still
   * be on their way.
   */
  readonly afterSeconds: number
  readonly now: () => Date
  readonly registry?: Registry | undefined
  readonly logger?: Logger | undefined
}

const everyMs = 60_000
const stretchSeconds = 60
const weekSeconds = 7 * 86_400
/** In one run of the task and pass, where it has fallen behind. */
const stretchesAtOnce = 30
/**
 * The provider is asked one by one for payments that are not in the list; for no more than so many
 * in a stretch.
 */
const maxLookups = 200

export function reconcileTask(options: ReconcileOptions): PeriodicTask {
  const passes = [
    { name: 'soon', afterSeconds: options.afterSeconds },
    { name: 'late', afterSeconds: Math.max(weekSeconds, options.afterSeconds) },
  ]
  const figures = reconcileFigures(options.registry)
  const holder = randomUUID()
  return {
    name: 'reconciliation',
    everyMs,
    run: async (surroundings) => {
      try {
        for (const pass of passes) await followPass(pass, holder, surroundings, options, figures.note)
      } finally {
        await figures.show(surroundings.database)
      }
    },
  }
}

interface Pass {
  readonly name: string
  readonly afterSeconds: number
}

type Note = (kind: DifferenceKind) => void

async function followPass(
  pass: Pass,
  holder: string,
  surroundings: Surroundings,
  options: ReconcileOptions,
  note: Note,
) {
  const { database, stopping } = surroundings
  for (let n = 0; n < stretchesAtOnce && !stopping.aborted; n++) {
    const parameters = [pass.name, holder, stretchSeconds, pass.afterSeconds]
    const [stretch] = await database.query<ComparedPeriod>(claimStretch, parameters)
    if (!stretch) return
    for (const difference of await reconcile(stretch, surroundings, options)) note(difference.kind)
    if (stopping.aborted) return
    await database.query(finishStretch, [pass.name, holder, stretch.until])
  }
}

/**
 * Compares, corrects what can be, and stores the rest. @throws DatabaseError, ProviderError,
 * PublishError
 */
export async function reconcile(
  stretch: ComparedPeriod,
  surroundings: Surroundings,
  options: ReconcileOptions,
): Promise<readonly Difference[]> {
  const { stopping } = surroundings
  const all: Difference[] = []
  const listedIds = new Set<string>()
  let after: string | undefined
  do {
    const { charges, next } = await options.list.page(stretch, after, stopping)
    for (const { chargeId } of charges) listedIds.add(chargeId)
    all.push(...(await comparePage(charges, surroundings, options)))
    after = next
  } while (after !== undefined && !stopping.aborted)
  if (!stopping.aborted) all.push(...(await unknownToProvider(stretch, listedIds, surroundings, options)))
  return all
}

async function comparePage(charges: readonly ListedCharge[], surroundings: Surroundings, options: ReconcileOptions) {
  if (charges.length === 0) return []
  const { database } = surroundings
  const orderIds = [...new Set(charges.map(({ orderId }) => orderId))]
  const payments = paymentsByOrder(await database.query(paymentsOf, [orderIds]))
  const madeByOrder = await madeParts(orderIds, surroundings)
  const differences: Difference[] = [...(await unknownDisputes(charges, surroundings, options))]
  for (const charge of charges) {
    const difference = differenceOf(charge, payments.get(charge.orderId), madeByOrder.get(charge.orderId))
    if (!difference) continue
    differences.push(difference)
    options.logger?.error(difference, 'the payment provider and our payments disagree')
    if (difference.kind === 'UNBOOKED')
      await book(charge, { status: 'captured', chargeId: charge.chargeId }, surroundings, options.now())
    else if (difference.kind === 'SECOND_CHARGE' || difference.kind === 'NOT_REFUNDED')
      await owe(charge, difference, surroundings)
  }
  await leaveToPeople(differences, surroundings)
  return differences
}

async function madeParts(orderIds: readonly string[], { database }: Surroundings) {
  const rows = await database.query<{ orderId: string; cents: number }>(madeOfOrders, [orderIds])
  return new Map(rows.map(({ orderId, cents }) => [orderId, cents]))
}

async function owe(charge: ListedCharge, { kind, detail: error }: Difference, { database }: Surroundings) {
  const { orderId, chargeId, customerId, amountCents, currency, refundedCents } = charge
  const reason = kind === 'SECOND_CHARGE' ? kind : 'GIVEN_UP'
  const due: DueRefund = {
    orderId,
    chargeId,
    customerId,
    reason,
    amountCents: amountCents - refundedCents,
    currency,
    error,
  }
  await database.transaction((tx) => Promise.resolve(writeDues(tx, [due])))
}

async function leaveToPeople(differences: readonly Difference[], { database }: Surroundings): Promise<void> {
  const unresolved = differences.filter(({ kind }) => (forPeople as readonly string[]).includes(kind))
  if (unresolved.length === 0) return
  await database.query(addDifferences, [
    unresolved.map(({ orderId }) => orderId),
    unresolved.map(({ chargeId }) => chargeId),
    unresolved.map(({ kind }) => kind),
    unresolved.map(({ detail }) => detail),
  ])
}

const rowsAtOnce = 1_000

/**
 * Payments of orders placed in the stretch that were not in the list: most were made a little
 * later, so the provider is asked.
 */
async function unknownToProvider(
  { since, until }: ComparedPeriod,
  listedIds: ReadonlySet<string>,
  surroundings: Surroundings,
  options: ReconcileOptions,
): Promise<readonly Difference[]> {
  const { database, stopping } = surroundings
  const differences: Difference[] = []
  let lookups = 0
  let last = firstIdOf(since)
  for (;;) {
    type Row = { readonly orderId: string; readonly chargeId: string }
    const rows = await database.query<Row>(capturesOfOrders, [last, firstIdOf(until), rowsAtOnce])
    for (const { orderId, chargeId } of rows) {
      if (listedIds.has(chargeId) || lookups === maxLookups || stopping.aborted) continue
      lookups++
      const outcome = await options.provider.find(orderId, stopping)
      if (outcome?.status === 'captured') continue
      const detail = `booked as captured; the provider says ${outcome?.status ?? 'nothing'}`
      const difference: Difference = { kind: 'UNKNOWN_CHARGE', orderId, chargeId, detail }
      options.logger?.error(difference, 'the payment provider and our payments disagree')
      differences.push(difference)
    }
    const end = rows.at(-1)
    if (!end || rows.length < rowsAtOnce || stopping.aborted) break
    last = end.orderId
  }
  await leaveToPeople(differences, surroundings)
  return differences
}

/** What comes before every uuid of version 7 that was made at this time. */
export function firstIdOf(at: Date): string {
  const hexadecimal = at.getTime().toString(16).padStart(12, '0').padEnd(32, '0')
  return hexadecimal.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}
