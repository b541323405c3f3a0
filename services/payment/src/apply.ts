// How does a batch of the provider's answers become payments, and of requests refunds of parts?
// Lock the stored payments, settle each in turn, write with one statement each.
import type { Queryable } from '@orderpipeline/postgres'
import type { Decide, Item, Reaction, Sending } from '@orderpipeline/stage'
import { lockedPayments } from './locked-payments.ts'
import { dueRefundOf } from './refunds/dues.ts'
import type { DueRefund } from './refunds/dues.ts'
import { decidePartialRefund, partialRefundFrom } from './refunds/partial-refunds.ts'
import type { PartialRefund, PartialRefundRow } from './refunds/partial-refunds.ts'
import { isCause, settle } from './payments.ts'
import type { ProviderAnswer, Payment } from './payments.ts'
import { addDues } from './sql/dues.ts'
import { addPartialRefunds, partialRefundsOf } from './sql/partial-refunds.ts'
import { addPending } from './sql/pending.ts'
import { addPayments, changePayments } from './sql/stage.ts'
import { pendingOf } from './undecided.ts'
import type { PendingCharge } from './undecided.ts'

export async function applyToPayments(
  tx: Queryable,
  items: readonly Item<ProviderAnswer>[],
  now: () => Date,
): Promise<Decide<ProviderAnswer>> {
  const orderIds = [...new Set(items.map(({ event }) => event.data.orderId))]
  const [payments, parts] = await Promise.all([lockedPayments(tx, orderIds), storedParts(tx, items)])
  return (sending, newItems) => settleAll(sending, newItems, { payments, parts }, now())
}

interface Previous {
  readonly payments: ReadonlyMap<string, Payment>
  /** Refunds of parts that are requested again. */
  readonly parts: ReadonlyMap<string, PartialRefund>
}

function settleAll(
  tx: Sending,
  newItems: readonly Item<ProviderAnswer>[],
  { payments: previous, parts }: Previous,
  now: Date,
): Reaction[] {
  const payments = new Map(previous)
  const addedParts: PartialRefund[] = []
  const reactions: Reaction[] = []
  const dues: DueRefund[] = []
  const pending: PendingCharge[] = []
  for (const { event, prepared } of newItems) {
    const before = payments.get(event.data.orderId)
    if (event.type === 'PartialRefundRequested') {
      const existing = prepared.kind === 'part' ? prepared.refund : undefined
      const decision = decidePartialRefund(before, parts.get(event.data.refundId), event, now, existing)
      if (decision.added) addedParts.push(decision.added)
      if (decision.payment) payments.set(event.data.orderId, decision.payment)
      if (decision.event) reactions.push({ cause: event, events: [decision.event] })
    }
    if (!isCause(event)) continue
    const due = dueRefundOf(before, event, prepared)
    if (due) dues.push(due)
    const pendingCharge = pendingOf(before, prepared)
    if (pendingCharge) pending.push(pendingCharge)
    const settlement = settle(before, event, prepared, now)
    if (!settlement) continue
    payments.set(event.data.orderId, settlement.payment)
    if (settlement.event) reactions.push({ cause: event, events: [settlement.event] })
  }
  const changedPayments = [...payments.values()].filter((payment) => previous.get(payment.orderId) !== payment)
  writePayments(tx, changedPayments, previous)
  if (addedParts.length > 0) tx.send(addPartialRefunds, partialRefundColumns(addedParts))
  writeDues(tx, dues)
  writePending(tx, pending)
  return reactions
}

async function storedParts(
  tx: Queryable,
  items: readonly Item<ProviderAnswer>[],
): Promise<ReadonlyMap<string, PartialRefund>> {
  const refundIds = items.flatMap(({ event }) => (event.type === 'PartialRefundRequested' ? [event.data.refundId] : []))
  if (refundIds.length === 0) return new Map()
  const rows = await tx.query<PartialRefundRow>(partialRefundsOf, [refundIds])
  return new Map(rows.map((row) => [row.refundId, partialRefundFrom(row)]))
}

/** `previous`: the stored payments, under their row locks. */
export function writePayments(tx: Sending, payments: readonly Payment[], previous: ReadonlyMap<string, Payment>): void {
  const fresh = payments.filter(({ orderId }) => !previous.has(orderId))
  if (fresh.length > 0) tx.send(addPayments, columns(fresh))
  const changedPayments = payments.filter(({ orderId }) => previous.has(orderId))
  if (changedPayments.length > 0) tx.send(changePayments, columns(changedPayments))
}

export function writeDues(tx: Sending, dues: readonly DueRefund[]): void {
  if (dues.length === 0) return
  tx.send(addDues, [
    dues.map(({ orderId }) => orderId),
    dues.map(({ chargeId }) => chargeId),
    dues.map(({ customerId }) => customerId),
    dues.map(({ reason }) => reason),
    dues.map(({ amountCents }) => amountCents ?? null),
    dues.map(({ currency }) => currency ?? null),
    dues.map(({ error }) => error ?? null),
  ])
}

export function partialRefundColumns(parts: readonly PartialRefund[]): unknown[] {
  return [
    parts.map(({ refundId }) => refundId),
    parts.map(({ orderId }) => orderId),
    parts.map(({ customerId }) => customerId),
    parts.map(({ chargeId }) => chargeId ?? null),
    parts.map(({ amountCents }) => amountCents),
    parts.map(({ currency }) => currency),
    parts.map(({ status }) => status),
    parts.map(({ refusal }) => refusal ?? null),
    parts.map(({ correlationId }) => correlationId ?? null),
    parts.map(({ traceparent }) => traceparent ?? null),
    parts.map(({ providerRefundId }) => providerRefundId ?? null),
  ]
}

function writePending(tx: Sending, pending: readonly PendingCharge[]): void {
  if (pending.length === 0) return
  tx.send(addPending, [
    pending.map(({ orderId }) => orderId),
    pending.map(({ customerId }) => customerId),
    pending.map(({ amountCents }) => amountCents),
    pending.map(({ currency }) => currency),
  ])
}

function columns(payments: readonly Payment[]): unknown[] {
  return [
    payments.map(({ orderId }) => orderId),
    payments.map(({ customerId }) => customerId),
    payments.map(({ amountCents }) => amountCents ?? null),
    payments.map(({ currency }) => currency ?? null),
    payments.map(({ status }) => status),
    payments.map(({ chargeId }) => chargeId ?? null),
    payments.map(({ declineReason }) => declineReason ?? null),
    payments.map(({ refundId }) => refundId ?? null),
  ]
}
