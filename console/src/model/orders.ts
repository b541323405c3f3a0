// What is shown of an order, and where does it wait? The part of the gateway's answer that a person
// needs.
import type { StockLevel } from './stock.ts'

/** What a member of the staff sees of an order besides. */
export interface StaffView {
  readonly hold?: {
    readonly reasons: readonly string[]
    /** RFC 3339, like all times. */
    readonly heldAt: string
    readonly dueAt: string
    readonly atDue: 'CANCEL' | 'RELEASE'
    readonly outcome?: string
    readonly decidedBy?: string
    readonly decidedAt?: string
  }
  readonly acts: readonly {
    readonly staff: string
    readonly act: string
    readonly reason: string
    readonly at: string
  }[]
  readonly looks: readonly { readonly staff: string; readonly looks: number; readonly lastAt: string }[]
  /** Levels of its lines, where inventory has reported them. */
  readonly stock?: readonly StockLevel[]
}

export const holdDecisions = ['release', 'reject'] as const
export type HoldDecision = (typeof holdDecisions)[number]

/** A JWT; by this header to the console, and by the same from it to the gateway. */
export const staffTokenPattern = /^[\w-]+\.[\w-]+\.[\w-]+$/
export const staffTokenHeader = 'x-staff-token'
export const longestStaffToken = 8_192

export interface OrderView {
  readonly orderId: string
  readonly customerId: string
  readonly status: string
  readonly reason?: string
  readonly currency: string
  readonly totalCents?: number
  readonly items: readonly { readonly sku: string; readonly quantity: number }[]
  /** Its class, such as `high`; absent of a standard order, and where the gateway is older. */
  readonly priority?: string
  /** Only a shipped order with a carrier has it. */
  readonly parcel?: {
    readonly carrier: string
    readonly trackingNumber: string
    readonly trackingUrl?: string
    readonly status: string
  }
  /** Refunds of parts of its payment, the oldest first. */
  readonly refunds?: readonly OrderRefund[]
  /** The customer had their bank take the payment back. */
  readonly disputes?: readonly OrderDispute[]
  /** The id of the request that placed it; older gateways do not say it. */
  readonly requestId?: string
  /** The trace of that request, where it was sampled; older gateways do not say it. */
  readonly traceId?: string
  /** RFC 3339. */
  readonly placedAt: string
  readonly updatedAt: string
  readonly timeline: readonly OrderStep[]
  /** Where it was looked up with a token of the staff. */
  readonly staff?: StaffView
}

/** As a list of a customer's orders has it. */
export type OrderSummary = Pick<
  OrderView,
  'orderId' | 'status' | 'reason' | 'currency' | 'totalCents' | 'placedAt' | 'updatedAt'
>

export interface CustomerOrders {
  /** Newest first. */
  readonly orders: readonly OrderSummary[]
  /** Where the older ones begin; absent where there are none. */
  readonly next?: string
}

export interface OrderRefund {
  readonly refundId: string
  readonly amountCents: number
  readonly status: string
  readonly reason: string
  /** Why it was refused. */
  readonly refusal?: string
  readonly items?: readonly { readonly sku: string; readonly quantity: number }[]
}

export interface OrderDispute {
  readonly disputeId: string
  readonly amountCents: number
  readonly currency: string
  readonly status: string
  readonly reason: string
}

export interface OrderStep {
  readonly event: string
  readonly status?: string
  readonly reason?: string
  /** RFC 3339. */
  readonly at: string
}

export function isFinal({ status }: Pick<OrderView, 'status'>): boolean {
  return status === 'SHIPPED' || status === 'CANCELLED'
}

/** Something of it is still to come that a reader waits for: its end, or a refund. */
export function isChanging(order: Pick<OrderView, 'status' | 'refunds'>): boolean {
  return !isFinal(order) || order.refunds?.some(({ status }) => status === 'REQUESTED') === true
}

/**
 * In the minor unit of its currency: what went back, what is to go back, and what the bank has
 * taken or may take.
 */
export function moneyAfterPayment({ refunds = [], disputes = [] }: Pick<OrderView, 'refunds' | 'disputes'>) {
  const sum = (entries: readonly (OrderRefund | OrderDispute)[], ...statuses: readonly string[]) =>
    entries.reduce((cents, { amountCents, status }) => cents + (statuses.includes(status) ? amountCents : 0), 0)
  return {
    refundedCents: sum(refunds, 'REFUNDED'),
    requestedCents: sum(refunds, 'REQUESTED'),
    disputedCents: sum(disputes, 'OPEN', 'LOST'),
  }
}

/** After which event whose turn it is, in the shop's own choreography. */
const turns: Readonly<Record<string, string>> = {
  OrderPlaced: 'orders',
  OrderValidated: 'inventory',
  StockReserved: 'payment',
  PaymentCaptured: 'orders',
  OrderConfirmed: 'shipping',
  ShipmentPrepared: 'orders',
}

/**
 * The stage that an order waits for; undefined once it has ended, or where no known stage follows
 * its last event.
 */
export function waitsFor(order: OrderView, stages: readonly string[]): string | undefined {
  // A held order waits for a person.
  if (isFinal(order) || order.status === 'HELD') return undefined
  const stage = order.timeline.toReversed().flatMap(({ event }) => turns[event] ?? [])[0]
  return stage !== undefined && stages.includes(stage) ? stage : undefined
}

/** As the gateway takes it from a caller, so that it needs no quotes in a shell. */
const requestIdPattern = /^[\w.:-]{1,128}$/

/** Where the traces of orders are shown: an address with this in the place of the id. */
export const traceIdPlace = '{traceId}'

/** Undefined without a template, and where the order's trace id is none. */
export function traceAddress(template: string | undefined, { traceId = '' }: Pick<OrderView, 'traceId'>) {
  return /^[0-9a-f]{32}$/.test(traceId) ? template?.replaceAll(traceIdPlace, traceId) : undefined
}

/**
 * Prints the log lines about an order; each has the trace id too, where traces are on. Undefined
 * where the order does not say its request.
 */
export function logCommand(
  { namespace, name }: { readonly namespace: string; readonly name: string },
  { requestId, placedAt }: Pick<OrderView, 'requestId' | 'placedAt'>,
): string | undefined {
  if (requestId === undefined || !requestIdPattern.test(requestId)) return undefined
  const pods = `-n ${namespace} -l orderpipeline.dev/pipeline=${name}`
  return `kubectl logs ${pods} --prefix --tail=-1 --since-time=${placedAt} | grep -F -- ${requestId}`
}

/** As the gateway takes it for a customer where it authenticates none. */
export const customerPattern = /^[\w.@:+-]{1,64}$/

export const orderIdPattern = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
