// What is the payment stage? It charges for reserved orders, refunds cancelled ones, and stores and
// publishes the result.
import type { Logger } from '@orderpipeline/process'
import type { Registry } from '@orderpipeline/telemetry'
import { handledEvents, placedAtMs } from '@orderpipeline/order-events'
import type { EventOf } from '@orderpipeline/order-events'
import type { PeriodicTask, StageContext, StageDefinition } from '@orderpipeline/stage'
import type { Queryable } from '@orderpipeline/postgres'
import { applyToPayments } from './apply.ts'
import { refundTask } from './refunds/due-refunds.ts'
import { createLookups } from './lookups.ts'
import type { LookupResult, Lookups } from './lookups.ts'
import { callFor, isCause } from './payments.ts'
import type { ProviderAnswer, Ending, Payment } from './payments.ts'
import { mayBeMade } from './refunds/partial-refunds.ts'
import { withFreeCharges } from './provider/free-charges.ts'
import { ProviderError } from './provider/provider.ts'
import type { Provider } from './provider/provider.ts'
import { isForgotten, stoppedOrCaptured } from './refunds/stopping.ts'

export interface PaymentContext extends Pick<StageContext, 'now'> {
  /**
   * For how long the provider remembers an idempotency key, at least; default 24, the least that is
   * usual.
   */
  readonly keyHours?: number
  readonly registry?: Registry
  readonly logger?: Logger
  /** Called with the stage's pool before the first call to the provider. */
  readonly onDatabase?: (database: Queryable) => void
  /** Besides the stage's own. */
  readonly periodicTasks?: readonly PeriodicTask[]
}

/**
 * A message that is older is looked up before the call to the provider: it may have been handled
 * before, by this replica or another, longer ago than the provider remembers. Nearly every younger
 * one is new, and the provider knows its key if it is not.
 */
const newMs = 5_000
/**
 * A cancellation that the provider does not get to for so long becomes money that is due, which is
 * asked for without end.
 */
const patienceMs = 10 * 60_000

/** Ten years. */
const bookDays = 3_653

export function paymentStage(chargingProvider: Provider, context: PaymentContext): StageDefinition<ProviderAnswer> {
  const provider = withFreeCharges(chargingProvider)
  const { now, keyHours = 24, registry, logger, onDatabase } = context
  let lookups: Lookups | undefined
  const lookupsOf = (database: Queryable): Lookups => {
    onDatabase?.(database)
    return (lookups ??= createLookups(database))
  }
  const tasks = [refundTask({ provider, now, registry, logger }), ...(context.periodicTasks ?? [])]
  return {
    role: 'payment',
    handles: handledEvents('payment'),
    // Before the transaction: a call of seconds must hold no connection and no lock.
    prepare: async (event, signal, database) => {
      const stageLookups = lookupsOf(database)
      const look = () => stageLookups.add({ orderId: event.data.orderId, eventId: event.id })
      if (event.type === 'PartialRefundRequested') return refundable(provider, event, await look(), signal)
      if (!isCause(event)) throw new TypeError(`not about a payment: ${event.type}`)
      const nowMs = now().getTime()
      const memory = { keyHours, nowMs }
      const placedMs = placedAtMs(event.data.orderId)
      if (event.type !== 'StockReserved') {
        const { payment } = await look()
        // An order of unknown age may be older than the provider's memory.
        const forgotten = placedMs === undefined || isForgotten(placedMs, memory)
        return givenBack(provider, event, payment, { signal, forgotten, nowMs })
      }
      // The reservation of an old order may be published again, with a new time.
      const saidAtMs = Date.parse(event.time)
      const forgotten = isForgotten(Math.min(saidAtMs, placedMs ?? saidAtMs), memory)
      const before = forgotten || nowMs - saidAtMs > newMs ? await look() : undefined
      if (before?.payment || before?.isApplied) return { kind: 'nothing' }
      return charged(provider, event, forgotten, signal)
    },
    // They may free an order whose payment does not come to an end; that they came first is
    // something the payments allow for anyway, as they come by another topic.
    overtakes: ({ type }) => type !== 'StockReserved',
    apply: (tx, items) => applyToPayments(tx, items, now),
    // The books. An order that is asked about later is looked for at the provider before anything
    // is charged; what is still owed is in a table of its own, without end.
    retention: [
      { table: 'payments', days: bookDays },
      { table: 'partial_refunds', days: bookDays },
      { table: 'disputes', days: bookDays },
    ],
    periodicTasks: tasks.map((task) => ({
      ...task,
      run: (surroundings) => {
        lookupsOf(surroundings.database)
        return task.run(surroundings)
      },
    })),
  }
}

/**
 * The refund is made after the transaction, by the task of due refunds. Before one is refused that
 * the provider may have made, it is asked. A payment that was published before it was stored
 * (pending.ts) is waited for.
 */
async function refundable(
  provider: Provider,
  { data: { orderId, refundId, amountCents, currency }, traceparent }: EventOf<'PartialRefundRequested'>,
  { payment, isApplied }: LookupResult,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  if (isApplied) return { kind: 'nothing' }
  if (!payment) throw new ProviderError('InFlight', 'the payment of which a part is to be refunded is not stored yet')
  if (payment.chargeId === undefined || !mayBeMade(payment)) return { kind: 'nothing' }
  const how = { traceparent, part: { refundId, amountCents, currency } }
  try {
    const refund = await provider.findRefund(orderId, payment.chargeId, signal, how)
    if (!refund) return { kind: 'nothing' }
    if (refund.amountCents === amountCents) return { kind: 'part', refund }
    // A person has to see what the provider has done.
    const message = `refund ${refund.refundId} is of ${refund.amountCents} ${refund.currency} instead of ${amountCents}`
    throw new ProviderError('Refused', message)
  } catch (error) {
    // It would be waited for without an end: such a provider has no list of refunds.
    if (error instanceof ProviderError && error.reason === 'Unsupported') return { kind: 'nothing' }
    throw error
  }
}

/**
 * A key that the provider may have forgotten protects from nothing: the provider is first asked for
 * the charges of the order.
 */
async function charged(
  provider: Provider,
  reserved: EventOf<'StockReserved'>,
  forgotten: boolean,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const { orderId, customerId, totalCents: amountCents, currency } = reserved.data
  const parent = reserved.traceparent
  const outcome =
    (forgotten ? await provider.find(orderId, signal, parent) : undefined) ??
    (await provider.charge({ orderId, customerId, amountCents, currency }, signal, parent))
  return { kind: 'charged', reserved, outcome }
}

interface Giving {
  readonly signal: AbortSignal
  readonly forgotten: boolean
  readonly nowMs: number
}

async function givenBack(
  provider: Provider,
  { data: { orderId, customerId }, traceparent, time }: Ending,
  booked: Payment | undefined,
  { signal, forgotten, nowMs }: Giving,
): Promise<ProviderAnswer> {
  const call = callFor(booked)
  if (call.kind === 'nothing') return { kind: 'nothing' }
  let chargeId = call.kind === 'refund' ? call.chargeId : undefined
  // Due once the dispute is won; the customer's bank has the money until then.
  if (booked?.disputed) return { kind: 'owed', chargeId, error: 'the charge is disputed' }
  try {
    chargeId ??= await stoppedOrCaptured(provider, { orderId, customerId, forgotten, traceparent }, signal)
    if (chargeId === undefined) return { kind: 'voided' }
    return { kind: 'refunded', refund: await provider.refund(orderId, chargeId, signal, { traceparent }) }
  } catch (error) {
    // Money is not given up as a message may be: it stays due until it is back.
    const old = nowMs - Date.parse(time) > patienceMs
    if (error instanceof ProviderError && (!error.outage || isStall(error, old)))
      return { kind: 'owed', chargeId, error: error.message }
    throw error
  }
}

/**
 * Whether the failure is this order's alone: what its charge waits for may take days, and a message
 * that waits so long becomes a dead letter.
 */
function isStall({ reason }: ProviderError, old: boolean): boolean {
  return reason === 'InFlight' || (old && reason === 'Busy')
}
