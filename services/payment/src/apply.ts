// How does a batch of the provider's answers become payments? Lock what is known, settle each in turn, write with one statement each.
import type { Queryable } from '@orderpipeline/kit-postgres'
import type { Decide, Item, Reaction, Sending } from '@orderpipeline/kit-stage'
import { isCause, settle } from './payments.ts'
import type { Answer, Payment } from './payments.ts'
import { addPayments, changePayments, lockPayments } from './sql/stage.ts'

export async function applyToPayments(
  tx: Queryable,
  items: readonly Item<Answer>[],
  now: () => Date,
): Promise<Decide<Answer>> {
  const known = await locked(tx, items)
  return (sending, news) => settleAll(sending, news, known, now())
}

function settleAll(
  tx: Sending,
  news: readonly Item<Answer>[],
  known: ReadonlyMap<string, Payment>,
  now: Date,
): Reaction[] {
  const payments = new Map(known)
  const reactions: Reaction[] = []
  for (const { event, prepared } of news) {
    if (!isCause(event)) continue
    const settlement = settle(payments.get(event.data.orderId), event, prepared, now)
    if (!settlement) continue
    payments.set(event.data.orderId, settlement.payment)
    if (settlement.told) reactions.push({ cause: event, events: [settlement.told] })
  }
  const changed = [...payments.values()].filter((payment) => known.get(payment.orderId) !== payment)
  write(tx, changed, known)
  return reactions
}

async function locked(tx: Queryable, items: readonly Item<Answer>[]): Promise<ReadonlyMap<string, Payment>> {
  const orderIds = [...new Set(items.map(({ event }) => event.data.orderId))]
  return paymentsByOrder(await tx.query<Row>(lockPayments, [orderIds]))
}

function write(tx: Sending, payments: readonly Payment[], known: ReadonlyMap<string, Payment>): void {
  const fresh = payments.filter(({ orderId }) => !known.has(orderId))
  if (fresh.length > 0) tx.send(addPayments, columns(fresh))
  const changed = payments.filter(({ orderId }) => known.has(orderId))
  if (changed.length > 0) tx.send(changePayments, columns(changed))
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

type Row = { readonly [Name in keyof Payment]-?: Payment[Name] | null } & Pick<
  Payment,
  'orderId' | 'customerId' | 'status'
>

/** A column without a value is a field that is not there. */
export function paymentsByOrder(rows: readonly Row[]): Map<string, Payment> {
  return new Map(
    rows.map((row) => {
      const given = Object.entries(row).filter(([, value]) => value !== null)
      return [row.orderId, Object.fromEntries(given) as unknown as Payment]
    }),
  )
}
